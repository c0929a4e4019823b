-- Alone decides whether a player is run. ARGV: prefix, date, slate version, holder "NAME/BOOT", failed runs allowed,
-- lost runs allowed, back-off and the most of it in ms, expiry of the date's keys (Unix ms), the regenerate stream where precompute is in force, how
-- many items, these, and the players of all their rosters, each roster once. An item is
--   player, need, serial, game ("" = what events named), team, phase, version of the output at hand
-- Reply: slate (false or the day hash), game hashes, then an item each:
--   {COVERED, c} {BUSY} {WAIT, until} {DEAD, failed versions, error} {POISON} {SLATE}, of precompute with the output's version
--    and the report's c where it settles: that it is committed is never told without what it made
--   {RUN, V, lost runs, attempt, index of the game's hash, the player's hash, values of f:TEAM and l:TEAM if only events
--    named his team, for a report what stands of the output, and its bytes}
-- and last values of the day: f, f:TEAM, l:TEAM, i:PLAYER of each item, then i:PLAYER of the rosters.
local RUN, COVERED, BUSY, WAIT = C.VERDICT_RUN, C.VERDICT_COVERED, C.VERDICT_BUSY, C.VERDICT_WAIT
local DEAD, POISON, SLATE = C.VERDICT_DEAD, C.VERDICT_POISON, C.VERDICT_SLATE
local D, sv, me, expires = ARGV[C.ARG_DATE], ARGV[C.BEGIN_SV], ARGV[C.BEGIN_HOLDER], ARGV[C.BEGIN_EXPIRES]
local max_failed, max_lost = tonumber(ARGV[C.BEGIN_MAX_FAILED]), tonumber(ARGV[C.BEGIN_MAX_LOST])
local back_off, stream = tonumber(ARGV[C.BEGIN_BACK_OFF]), ARGV[C.BEGIN_STREAM]
local max_back_off = math.max(back_off, tonumber(ARGV[C.BEGIN_MAX_BACK_OFF]))
local day, running = P .. 'day:' .. D, P .. 'running'

call('HDEL', running, '')                           -- at the memory limit Redis judges a script by its first write
local head = call('HMGET', day, 'v', 'sv')
local V, dsv = tonumber(head[1]) or 0, head[2] or '0'

local count, items, fields, wanted = tonumber(ARGV[C.BEGIN_COUNT]), {}, {}, {}
local rosters = C.BEGIN_ITEMS + C.BEGIN_ITEM_SIZE * count
for n = 1, count do
  local at, w = C.BEGIN_ITEMS + C.BEGIN_ITEM_SIZE * (n - 1), C.DAY_ITEM_SIZE * (n - 1) + 1
  items[n] = at
  local player, team = ARGV[at + C.BEGIN_ITEM_PLAYER], ARGV[at + C.BEGIN_ITEM_TEAM]
  local phase = ARGV[at + C.BEGIN_ITEM_PHASE]
  fields[n] = D .. '/' .. player .. (phase == C.PHASE_OF_REPORT and '' or '/' .. phase)
  wanted[w + C.DAY_ITEM_FORCE], wanted[w + C.DAY_ITEM_TEAM_FORCE] = 'f', 'f:' .. team
  wanted[w + C.DAY_ITEM_LINEUP], wanted[w + C.DAY_ITEM_INJURY] = 'l:' .. team, 'i:' .. player
end
for at = rosters, #ARGV do wanted[#wanted + 1] = 'i:' .. ARGV[at] end
if dsv ~= sv then
  local out = {[C.BEGIN_OUT_SLATE] = call('HGETALL', day), [C.BEGIN_OUT_GAMES] = {}}
  for n = 1, #items do out[C.BEGIN_OUT_ITEMS + n - 1] = {SLATE} end
  return out
end

-- When the player's n-th run since the need may be repeated that failed, or was lost, at `last_ms`. Of the whole back-off a
-- share is waited that follows from who and when, so that those who failed together do not all come back together, and
-- whoever asks hears the same.
local function due_after(player, last_ms, n)
  local share = tonumber(sub(redis.sha1hex(player .. last_ms), 1, C.JITTER_DIGITS), 16) / 16 ^ C.JITTER_DIGITS
  return tonumber(last_ms) + math.floor(share * math.min(back_off * 2 ^ (n - 1), max_back_off))
end

local function waiting(due)
  return {[C.OUT_VERDICT] = WAIT, [C.OUT_UNTIL] = due}
end

local function versions(list, need)                 -- "V V V" -> how many are at or above need, how many at all, the last
  local n, all, last = 0, 0, 0
  for text, permanent in string.gmatch(list or '', '(%d+)(!?)') do
    last = tonumber(text)
    all = all + 1
    if last >= need then n = n + (permanent == C.FAIL_FOR_GOOD and max_failed or 1) end
  end
  return n, all, last
end

local holders = call('HMGET', running, unpack(fields))
local games, index, set, fresh = {}, {}, {}, {}

local function game_hash(game)
  if not index[game] then
    games[#games + 1] = call('HGETALL', P .. 'game:' .. game)
    index[game] = #games
  end
  return index[game]
end

local function item(n)
  local at = items[n]
  local player, need = ARGV[at + C.BEGIN_ITEM_PLAYER], tonumber(ARGV[at + C.BEGIN_ITEM_NEED])
  local game, team = ARGV[at + C.BEGIN_ITEM_GAME], ARGV[at + C.BEGIN_ITEM_TEAM]
  local pk, phase = P .. 'player:' .. D .. ':' .. player, ARGV[at + C.BEGIN_ITEM_PHASE]
  local of_output = phase == C.PHASE_OF_OUTPUT
  local known = call('HMGET', pk, phase .. 'c', phase .. 'a', phase .. 'x', 'g', 'o', 'c')
  local c, output = tonumber(known[1]) or 0, known[5]

  -- Nothing more comes of this need. Of precompute the report must be able to say that there was a failure.
  local function settled(verdict, committed, failed_runs, failure)
    local answer = {[C.OUT_VERDICT] = verdict, [C.OUT_COMMITTED] = committed}
    if failed_runs then answer[C.OUT_FAILED], answer[C.OUT_ERROR] = failed_runs, failure end
    if not of_output then return answer end
    local output_at, failed, rest = match(output or C.NO_OUTPUT, '^(%d+) (%d) (.*)$')
    if verdict ~= COVERED and failed == '0' then
      V = call('HINCRBY', day, 'v', 1)
      output_at = V
      call('HSET', pk, 'o', V .. ' 1 ' .. rest)
      call('PEXPIREAT', pk, expires)
      call('PEXPIREAT', day, expires)
    end
    answer[C.OUT_COMMITTED], answer[C.OUT_ERROR] = answer[C.OUT_COMMITTED] or false, failure or false
    answer[C.OUT_OUTPUT_AT], answer[C.OUT_REPORT] = tonumber(output_at), tonumber(known[6]) or 0
    return answer
  end
  if c >= need then return settled(COVERED, c) end

  local lost = known[3]
  if holders[n] then
    local holder = match(holders[n], '^(.*)/[^/]+$')
    if holder ~= me then
      if alive(holder) then return {BUSY} end
      lost = lose(fields[n], holders[n])            -- its process died while it ran this player
    end
  end
  local lost_all = 0
  if lost then                                      -- "LAST_MS V V V"
    local last_ms, list = match(lost, '^(%d+)(.*)$')
    local lost_runs, all = versions(list, need)
    lost_all = all
    if lost_runs >= max_lost then return settled(POISON) end
    -- He had a second try, and a third alone. Whoever kills propsd for other reasons does not wait for him.
    if lost_runs > C.LOST_FREELY then
      local due = due_after(player, last_ms, lost_runs - C.LOST_FREELY)
      if now_ms() < due then return waiting(due) end
    end
  end

  local attempt = 1
  if known[2] then                                  -- "LAST_MS V V V!|error"
    local last_ms, list, failure = match(known[2], '^(%d+) ([%d! ]*)|(.*)$')
    local failed, all, newest = versions(list, need)
    if failed >= max_failed then return settled(DEAD, nil, list, failure) end
    attempt = all + 1
    -- New data runs at once after the first failure, later after one back-off; the same data waits up to twice as long
    -- each time.
    if not (need > newest and all == 1) then
      local due = due_after(player, last_ms, need <= newest and failed or 1)
      if now_ms() < due then return waiting(due) end
    end
  end

  set[#set + 1] = fields[n]
  set[#set + 1] = me .. '/' .. ARGV[at + C.BEGIN_ITEM_SERIAL] .. ' ' .. V
  local of_team, named_place
  if known[4] and (game == '' or team == '') then
    named_place = true
    local _, _, named = split(known[4])
    local named_game, named_team = match(named, '^(%S*) ?(%S*)$')
    if game == '' then game = named_game end
    if team == '' and named_team ~= '' then
      team = named_team
      local values = call('HMGET', day, 'f:' .. team, 'l:' .. team)
      of_team = {[C.OF_TEAM_FORCE] = values[1], [C.OF_TEAM_LINEUP] = values[2]}
    end
  end
  local none = game == '' and string.gsub(D, '%-', '') .. C.NO_GAME or game
  if call('HSET', P .. 'done:' .. none, player, team) == 1 then
    call('PEXPIREAT', pk, expires)
    if not fresh[none] then                         -- keys of the game and day: once a call is enough
      fresh[none] = true
      call('SADD', P .. 'games:' .. D, none)
      call('PEXPIREAT', P .. 'done:' .. none, expires)
      call('PEXPIREAT', P .. 'game:' .. none, expires)
      call('PEXPIREAT', P .. 'games:' .. D, expires)
      call('PEXPIREAT', day, expires)
    end
  end
  local bytes = false
  if stream ~= '' and not of_output then
    local output_at, made, made_in, made_for = match(output or C.NO_OUTPUT, '^(%d+) %d (%d+) %d+ %S+ (%S+) (%S+)')
    local wanted_bytes = made ~= '0' and output_at ~= ARGV[at + C.BEGIN_ITEM_HELD]
    bytes = wanted_bytes and call('GET', P .. 'pre:' .. D .. ':' .. player)
    -- Where events say that he plays, nobody has told precompute.
    local moved = named_place and made ~= '0' and made_in ~= C.ANY_PLACE and
      (made_in ~= (game == '' and '-' or game) or made_for ~= (team == '' and '-' or team))
    if not output or moved or (wanted_bytes and not bytes) then
      -- The first is content with any run. If there was one, it must be made anew, whatever ran before.
      call('XADD', stream, '*', 'player_lookup', player, 'game_date', D, 'phase', output and 'precompute' or 'first')
      output, bytes = C.NO_OUTPUT, false
      call('HSET', pk, 'o', output)
      call('PEXPIREAT', pk, expires)
    end
  end
  return {[C.OUT_VERDICT] = RUN, [C.OUT_VERSION] = V, [C.OUT_LOST] = lost_all, [C.OUT_ATTEMPT] = attempt,
    [C.OUT_GAME] = game_hash(none), [C.OUT_PLAYER] = call('HGETALL', pk), [C.OUT_TEAM] = of_team or false,
    [C.OUT_OUTPUT] = output or false, [C.OUT_BYTES] = bytes}
end

local out = {[C.BEGIN_OUT_SLATE] = false, [C.BEGIN_OUT_GAMES] = games}
for n = 1, #items do out[C.BEGIN_OUT_ITEMS + n - 1] = item(n) end
local values = {}
for from = 1, #wanted, C.UNPACK_MAX do
  for _, value in ipairs(call('HMGET', day, unpack(wanted, from, math.min(from + C.UNPACK_MAX - 1, #wanted)))) do
    values[#values + 1] = value
  end
end
out[C.BEGIN_OUT_ITEMS + #items] = values
if #set > 0 then call('HSET', running, unpack(set)) end
return out
