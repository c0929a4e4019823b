-- Needs that a mute keeps from a run, noted before their entries are acknowledged. ARGV: prefix, date, expiry of the date's
-- keys (Unix ms), items: order, player ("/p" behind: of precompute), need. Whether the order still stands does not matter: marks of one that does not are
-- found by the next look at orders. Reply: how many items.
local D, expires = ARGV[C.ARG_DATE], ARGV[C.MUTE_EXPIRES]
local touched, count = {}, 0
for i = C.MUTE_ITEMS, #ARGV, C.MUTE_ITEM_SIZE do
  local order, need = ARGV[i + C.MUTE_ITEM_ORDER], tonumber(ARGV[i + C.MUTE_ITEM_NEED])
  local marks, field = P .. 'muted:' .. order, D .. '/' .. ARGV[i + C.MUTE_ITEM_PLAYER]
  if need > (tonumber(call('HGET', marks, field)) or 0) then call('HSET', marks, field, need) end
  touched[order] = marks
  count = count + 1
end
for order, marks in pairs(touched) do
  call('HSET', P .. 'muted', order, 1)
  -- An order for any date has marks of several: the key lives as long as the last of them.
  local left = call('PTTL', marks)
  if left < 0 or now_ms() + left < tonumber(expires) then call('PEXPIREAT', marks, expires) end
end
return count
