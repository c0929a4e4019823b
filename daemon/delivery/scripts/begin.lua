-- Alone decides whether a player is run. ARGV: prefix, date, slate version, holder "NAME/BOOT", failed runs allowed,
-- lost runs allowed, back-off and the most of it in ms, expiry of the date's keys (Unix ms), the regenerate stream where precompute is in force, how
-- many items, these, and the players of all their rosters, each roster once. An item is
--   player, need, serial, game ("" = what events named), team, phase, version of the output at hand, most bytes of what the
--   phase last made
-- Reply: slate (false or the day hash), game hashes, then an item each:
--   {COVERED, c} {BUSY} {WAIT, until} {DEAD, failed versions, error} {POISON} {SLATE}, of precompute with the output's version
--    and the report's c where it settles: that it is committed is never told without what it made
--   {RUN, V, lost runs, attempt, index of the game's hash, the player's hash, values of f:TEAM and l:TEAM if only events
--    named his team, for a report what stands of the output, and its bytes, what the phase last made}
-- and last values of the day: f, f:TEAM, l:TEAM, i:PLAYER of each item, then i:PLAYER of the rosters.
local COVERED, BUSY, WAIT, DEAD, POISON = C.VERDICT_COVERED, C.VERDICT_BUSY, C.VERDICT_WAIT, C.VERDICT_DEAD, C.VERDICT_POISON
if outdated(ARGV[C.BEGIN_PHASES]) then return redis.error_reply(C.PHASES_REFUSED) end
local me, expires = ARGV[C.BEGIN_HOLDER], ARGV[C.BEGIN_EXPIRES]
local max_failed, max_lost = tonumber(ARGV[C.BEGIN_MAX_FAILED]), tonumber(ARGV[C.BEGIN_MAX_LOST])
local back_off, stream = tonumber(ARGV[C.BEGIN_BACK_OFF]), ARGV[C.BEGIN_STREAM]
local max_back_off = math.max(back_off, tonumber(ARGV[C.BEGIN_MAX_BACK_OFF]))
local running, fields = P .. 'running', {}

call('HDEL', running, '')                           -- at the memory limit Redis judges a script by its first write
if dsv ~= sv then return ask_again() end
for n = 1, count do
  local at = items[n]
  local phase = ARGV[at + C.BEGIN_ITEM_PHASE]
  fields[n] = D .. '/' .. ARGV[at + C.BEGIN_ITEM_PLAYER] .. (phase == C.PHASE_OF_REPORT and '' or '/' .. phase)
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
local set, fresh = {}, {}

local function item(n)
  local at = items[n]
  local player, need = ARGV[at + C.BEGIN_ITEM_PLAYER], tonumber(ARGV[at + C.BEGIN_ITEM_NEED])
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
  local place = place_of(at, known[4])
  local none = id_of_game(place.game)
  if call('HSET', P .. 'done:' .. none, player, place.team) == 1 then
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
    local to_make
    bytes, to_make = output_of(at, player, output, place)
    if to_make then
      -- The first is content with any run. If there was one, it must be made anew, whatever ran before.
      call('XADD', stream, '*', 'player_lookup', player, 'exact', '1', 'game_date', D,
        'phase', output and 'precompute' or 'first')
      output, bytes = C.NO_OUTPUT, false
      call('HSET', pk, 'o', output)
      call('PEXPIREAT', pk, expires)
    end
  end
  return {[C.OUT_VERDICT] = RUN, [C.OUT_VERSION] = V, [C.OUT_LOST] = lost_all, [C.OUT_ATTEMPT] = attempt,
    [C.OUT_GAME] = game_hash(none), [C.OUT_PLAYER] = call('HGETALL', pk), [C.OUT_TEAM] = place.of_team or false,
    [C.OUT_OUTPUT] = output or false, [C.OUT_BYTES] = bytes, [C.OUT_PREVIOUS] = previous_of(at, player, output, place)}
end

local out = answer(item)
if #set > 0 then call('HSET', running, unpack(set)) end
return out
