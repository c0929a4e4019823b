-- A newer league database is in use for a day. ARGV: prefix, date, number, order key of the number, regenerate stream,
-- expiry of the date's keys (Unix ms).
-- Number, version and slate version rise in one, and the entry that touches everybody is added, unless the day is new.
-- Reply as slate's.
local day = P .. 'day:' .. ARGV[C.ARG_DATE]
local head = call('HMGET', day, 'v', 'sv', 'league')
local old = head[3] and select(3, split(head[3]))
if not old or tonumber(old) < tonumber(ARGV[C.LEAGUE_NUMBER]) then
  local v, sv = (tonumber(head[1]) or 0) + 1, (tonumber(head[2]) or 0) + 1
  call('HSET', day, 'v', v, 'sv', sv, 'league', ARGV[C.LEAGUE_KEY] .. ' ' .. v .. ' ' .. ARGV[C.LEAGUE_NUMBER])
  if call('PTTL', day) < 0 then call('PEXPIREAT', day, ARGV[C.LEAGUE_EXPIRES]) end
  if head[1] then
    local stream, number = ARGV[C.LEAGUE_STREAM], ARGV[C.LEAGUE_NUMBER]
    note_own(stream, call('XADD', stream, '*', 'game_date', ARGV[C.ARG_DATE], 'league', number))
  end
end
return {[C.SLATE_OUT_TIME] = now_ms(), [C.SLATE_OUT_DAY] = call('HGETALL', day)}
