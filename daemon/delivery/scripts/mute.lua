-- Needs that a mute keeps from a run, noted before their entries are acknowledged. ARGV: prefix, date, expiry of the date's
-- keys (Unix ms), regenerate stream, items: order, player, need. Where the order stands no more the run is owed at once.
-- Reply: how many items.
local D, expires, stream = ARGV[C.ARG_DATE], ARGV[C.MUTE_EXPIRES], ARGV[C.MUTE_STREAM]
local touched, count = {}, 0
for i = C.MUTE_ITEMS, #ARGV, C.MUTE_ITEM_SIZE do
  local order, player = ARGV[i + C.MUTE_ITEM_ORDER], ARGV[i + C.MUTE_ITEM_PLAYER]
  local need = tonumber(ARGV[i + C.MUTE_ITEM_NEED])
  if order_stands(order) then
    local marks, field = P .. 'muted:' .. order, D .. '/' .. player
    if need > (tonumber(call('HGET', marks, field)) or 0) then call('HSET', marks, field, need) end
    touched[order] = marks
  else owe(stream, D, player, need) end
  count = count + 1
end
for order, marks in pairs(touched) do
  call('HSET', P .. 'muted', order, 1)
  -- An order for any date has marks of several: the key lives as long as the last of them.
  local left = call('PTTL', marks)
  if left < 0 or now_ms() + left < tonumber(expires) then call('PEXPIREAT', marks, expires) end
end
return count
