-- Runs that a mute has kept back become entries of `regenerate`, unless the order stands (again): a mark goes as its entry
-- comes, so whoever dies meanwhile, each run is owed exactly once. ARGV: prefix, regenerate stream, order, how many at most.
-- Reply: {order, marks that are left, entries added}
local stream, order = ARGV[C.UNMUTE_STREAM], ARGV[C.UNMUTE_ORDER]
local marks, left, added = P .. 'muted:' .. order, 0, 0
if not order_stands(order) then
  local list = call('HGETALL', marks)
  for n = 1, math.min(#list, 2 * tonumber(ARGV[C.UNMUTE_COUNT])), 2 do
    local date, player = match(list[n], '^([^/]+)/(.*)$')
    if owe(stream, date, player, tonumber(list[n + 1])) then added = added + 1 end
    call('HDEL', marks, list[n])
  end
  left = call('HLEN', marks)
  if left == 0 then call('HDEL', P .. 'muted', order) end
end
return {[C.UNMUTE_OUT_ORDER] = order, [C.UNMUTE_OUT_LEFT] = left, [C.UNMUTE_OUT_ADDED] = added}
