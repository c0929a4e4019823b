-- Runs that failed. ARGV: prefix, date, items: player, holder/serial, version, C.FAIL_FOR_GOOD if no other try can mend it
-- (else ""), error, phase. Reply: an item each, the failed versions so far as "V V V!", or false if the token no longer stands.
local D, running, out = ARGV[C.ARG_DATE], P .. 'running', {}
for i = C.FAIL_ITEMS, #ARGV, C.FAIL_ITEM_SIZE do
  local player, version = ARGV[i + C.FAIL_ITEM_PLAYER], ARGV[i + C.FAIL_ITEM_VERSION]
  local phase, pk = ARGV[i + C.FAIL_ITEM_PHASE], P .. 'player:' .. D .. ':' .. player
  local field = D .. '/' .. player .. (phase == C.PHASE_OF_REPORT and '' or '/' .. phase)
  local n = #out + 1
  out[n] = false
  if call('HGET', running, field) == ARGV[i + C.FAIL_ITEM_TOKEN] .. ' ' .. version then
    call('HDEL', running, field)
    local _, list = match(call('HGET', pk, phase .. 'a') or '', '^(%d+) ([%d! ]*)|')
    list = (list and list .. ' ' or '') .. version .. ARGV[i + C.FAIL_ITEM_PERMANENT]
    -- Bounded, yet longer than the most attempts that the configuration allows.
    if #list > C.FAILED_BYTES_MAX then list = string.gsub(list, '^%d+!? ', '') end
    call('HSET', pk, phase .. 'a', now_ms() .. ' ' .. list .. '|' .. ARGV[i + C.FAIL_ITEM_ERROR])
    out[n] = list
  end
end
return out
