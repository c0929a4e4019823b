-- A piece of a full pass over all reports. One instance at a time makes it; who holds `pass` of `sink:NAME` has its time
-- lengthened by each piece. ARGV: see contract.h.
local call = redis.call
local P, consumer, what = ARGV[C.ARG_PREFIX], ARGV[C.ARG_CONSUMER], ARGV[C.PASS_WHAT]
local own = P .. 'sink:' .. ARGV[C.ARG_SINK]
local list, known = {}, {}

local time, held = call('TIME'), call('HGET', own, 'pass')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local holder, till = string.match(held or '', '^(.*) (%d+)$')
if holder and holder ~= consumer and tonumber(till) > now then return {[C.PASS_OUT_TAKEN] = 0, [C.PASS_OUT_LIST] = list} end
call('HSET', own, 'pass', consumer .. ' ' .. string.format('%d', now + ARGV[C.PASS_UNTIL_MS]))

if what == C.PASS_DATES then
  for n = C.PASS_ITEMS, #ARGV do
    if call('EXISTS', P .. 'day:' .. ARGV[n]) == 1 then list[#list + 1] = ARGV[n] end
  end
elseif what == C.PASS_PLAYERS then
  for _, game in ipairs(call('SMEMBERS', P .. 'games:' .. ARGV[C.PASS_ITEMS])) do
    for _, player in ipairs(call('HKEYS', P .. 'done:' .. game)) do
      if not known[player] then
        known[player] = true
        list[#list + 1] = player
      end
    end
  end
elseif what == C.PASS_END then
  local done = tonumber(call('HGET', own, 'done')) or 0
  call('HSET', own, 'done', math.max(done, tonumber(ARGV[C.PASS_DUE])))
  call('HDEL', own, 'pass')
end
return {[C.PASS_OUT_TAKEN] = 1, [C.PASS_OUT_LIST] = list}
