-- Runs that failed. ARGV: prefix, date, items: player, holder/serial, version, "!" if no other try can mend it, error.
-- Reply: an item each, the failed versions so far as "V V V!", or false if the token no longer stands.
local D, running, out = ARGV[2], P .. 'running', {}
for i = 3, #ARGV, 5 do
  local field, pk = D .. '/' .. ARGV[i], P .. 'player:' .. D .. ':' .. ARGV[i]
  local n = #out + 1
  out[n] = false
  if call('HGET', running, field) == ARGV[i + 1] .. ' ' .. ARGV[i + 2] then
    call('HDEL', running, field)
    local _, list = match(call('HGET', pk, 'a') or '', '^(%d+) ([%d! ]*)|')
    list = (list and list .. ' ' or '') .. ARGV[i + 2] .. ARGV[i + 3]
    -- Bounded, yet longer than the most attempts that the configuration allows.
    if #list > 2000 then list = string.gsub(list, '^%d+!? ', '') end
    call('HSET', pk, 'a', now_ms() .. ' ' .. list .. '|' .. ARGV[i + 4])
    out[n] = list
  end
end
return out
