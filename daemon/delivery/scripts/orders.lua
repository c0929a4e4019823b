-- Standing orders that have ended. ARGV: prefix, items: field, value. One that was given anew meanwhile stays.
local orders, ended = P .. 'orders', 0
for i = 2, #ARGV, 2 do
  if call('HGET', orders, ARGV[i]) == ARGV[i + 1] then ended = ended + call('HDEL', orders, ARGV[i]) end
end
return ended
