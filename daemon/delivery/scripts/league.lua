-- A newer league database is in use for a day. ARGV: prefix, date, number, order key of the number, regenerate stream,
-- expiry of the date's keys (Unix ms).
-- Number, version and slate version rise in one, and the entry that touches everybody is added, unless the day is new.
-- Reply as slate's.
local day = P .. 'day:' .. ARGV[2]
local head = call('HMGET', day, 'v', 'sv', 'league')
local old = head[3] and select(3, split(head[3]))
if not old or tonumber(old) < tonumber(ARGV[3]) then
  local v, sv = (tonumber(head[1]) or 0) + 1, (tonumber(head[2]) or 0) + 1
  call('HSET', day, 'v', v, 'sv', sv, 'league', ARGV[4] .. ' ' .. v .. ' ' .. ARGV[3])
  if call('PTTL', day) < 0 then call('PEXPIREAT', day, ARGV[6]) end
  if head[1] then note_own(ARGV[5], call('XADD', ARGV[5], '*', 'game_date', ARGV[2], 'league', ARGV[3])) end
end
return {now_ms(), call('HGETALL', day)}
