-- Standing orders that have ended. ARGV: prefix, items: field, value. One that was given anew meanwhile stays.
local orders, ended = P .. 'orders', 0
for i = C.ORDERS_ITEMS, #ARGV, C.ORDERS_ITEM_SIZE do
  local field = ARGV[i + C.ORDERS_ITEM_FIELD]
  if call('HGET', orders, field) == ARGV[i + C.ORDERS_ITEM_TEXT] then ended = ended + call('HDEL', orders, field) end
end
return ended
