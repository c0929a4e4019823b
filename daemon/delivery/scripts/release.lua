-- Run tokens handed back unused. ARGV: prefix, items: date/player, "holder/serial version".
local running = P .. 'running'
for i = C.RELEASE_ITEMS, #ARGV, C.RELEASE_ITEM_SIZE do
  local field = ARGV[i + C.RELEASE_ITEM_FIELD]
  if call('HGET', running, field) == ARGV[i + C.RELEASE_ITEM_TOKEN] then call('HDEL', running, field) end
end
return 1
