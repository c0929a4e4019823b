-- Which league database a day is computed from: its text "NUMBER IDENTITY FINGERPRINT". ARGV: prefix, date, slate version,
-- ours, how, regenerate stream, group, expiry of the date's keys (Unix ms), length of `reports`, pairs of a spelling that ours has
-- for another name of a player, and him. How: C.LEAGUE_RAISE puts ours there, as it is
-- the newer one; C.LEAGUE_LOOK tells what living instance has the day's; C.LEAGUE_TAKE puts ours there if none has.
-- League, version and slate version rise in one, and the entry that touches everybody is added, unless the day is new.
-- Reply: as slate's, and the name of the instance, "" if there is none or the slate has moved on.
local day, how, stream, has = P .. 'day:' .. ARGV[C.ARG_DATE], ARGV[C.LEAGUE_HOW], ARGV[C.LEAGUE_STREAM], ''
local head = call('HMGET', day, 'v', 'sv', 'league')
local current = (head[2] or '0') == slate_known(ARGV[C.LEAGUE_SV])

local function who_has(league)
  local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, ARGV[C.LEAGUE_GROUP])
  for _, info in ipairs(consumers.err and {} or consumers) do
    for n = 1, #info, 2 do
      local his = info[n] == 'name' and call('HGET', P .. 'instance:' .. info[n + 1], 'league')
      if his and same_league(league, his) then return info[n + 1] end
    end
  end
  return ''
end

if current and (how == C.LEAGUE_LOOK or how == C.LEAGUE_TAKE) then
  has = who_has(select(3, split(head[3] or '')) or '')
end
if current and (how == C.LEAGUE_RAISE or (how == C.LEAGUE_TAKE and has == '')) then
  local his = {}                                    -- a spelling may have become his by this very league
  for n = C.LEAGUE_ALIASES, #ARGV, C.LEAGUE_ALIAS_SIZE do
    his[ARGV[n + C.LEAGUE_ALIAS_SPELLING]] = ARGV[n + C.LEAGUE_ALIAS_PLAYER]
  end
  move_names(ARGV[C.ARG_DATE], ARGV[C.LEAGUE_EXPIRES], stream, ARGV[C.LEAGUE_KEPT], his)
  head = call('HMGET', day, 'v', 'sv')
  local v, sv = (tonumber(head[1]) or 0) + 1, (tonumber(head[2]) or 0) + 1
  call('HSET', day, 'v', v, 'sv', sv, 'league', order_key(v .. '-0') .. ' ' .. v .. ' ' .. ARGV[C.LEAGUE_OURS])
  if call('PTTL', day) < 0 then call('PEXPIREAT', day, ARGV[C.LEAGUE_EXPIRES]) end
  if head[1] then
    local number = match(ARGV[C.LEAGUE_OURS], '^%d+')
    note_own(stream, call('XADD', stream, '*', 'game_date', ARGV[C.ARG_DATE], 'league', number))
  end
end
return {[C.SLATE_OUT_TIME] = now_ms(), [C.SLATE_OUT_DAY] = slate_of(day), [C.LEAGUE_OUT_HOLDER] = has}
