-- Run tokens handed back unused. ARGV: prefix, items: date/player, "holder/serial version".
local running = P .. 'running'
for i = 2, #ARGV, 2 do
  if call('HGET', running, ARGV[i]) == ARGV[i + 1] then call('HDEL', running, ARGV[i]) end
end
return 1
