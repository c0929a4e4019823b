-- Alone decides whether a player is run. ARGV: prefix, date, slate version, holder "NAME/BOOT", failed runs allowed,
-- lost runs allowed, back-off in ms, expiry of the date's keys (Unix ms), how many items, these, and the players of all their
-- rosters, each roster once. An item is
--   player, need, serial, game ("" = what events named), team
-- Reply: slate (false or the day hash), game hashes, then an item each:
--   {COVERED, c} {BUSY} {WAIT, until} {DEAD, failed versions, error} {POISON} {SLATE}
--   {RUN, V, lost runs, attempt, index of the game's hash, the player's hash, values of f:TEAM and l:TEAM if only events
--    named his team}
-- and last values of the day: f, f:TEAM, l:TEAM, i:PLAYER of each item, then i:PLAYER of the rosters.
local RUN, COVERED, BUSY, WAIT, DEAD, POISON, SLATE = 0, 1, 2, 3, 4, 5, 6
local D, sv, me = ARGV[2], ARGV[3], ARGV[4]
local max_failed, max_lost, back_off, expires = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local day, running = P .. 'day:' .. D, P .. 'running'

call('HDEL', running, '')                           -- at the memory limit Redis judges a script by its first write
local head = call('HMGET', day, 'v', 'sv')
local V, dsv = tonumber(head[1]) or 0, head[2] or '0'

local count, items, fields, wanted = tonumber(ARGV[9]), {}, {}, {}
for n = 1, count do
  local at, w = 5 * n + 5, #wanted
  items[n] = at
  fields[n] = D .. '/' .. ARGV[at]
  wanted[w + 1], wanted[w + 2], wanted[w + 3], wanted[w + 4] = 'f', 'f:' .. ARGV[at + 4], 'l:' .. ARGV[at + 4], 'i:' .. ARGV[at]
end
for at = 5 * count + 10, #ARGV do wanted[#wanted + 1] = 'i:' .. ARGV[at] end
if dsv ~= sv then
  local out = {call('HGETALL', day), {}}
  for n = 1, #items do out[n + 2] = {SLATE} end
  return out
end

-- When the n-th run since the need may be repeated that failed, or was lost, at `last_ms`.
local function due_after(last_ms, n)
  return tonumber(last_ms) + math.min(back_off * 2 ^ (n - 1), math.max(back_off, 3600000))
end

local function versions(list, need)                 -- "V V V" -> how many are at or above need, how many at all, the last
  local n, all, last = 0, 0, 0
  for text, permanent in string.gmatch(list or '', '(%d+)(!?)') do
    last = tonumber(text)
    all = all + 1
    if last >= need then n = n + (permanent == '!' and max_failed or 1) end
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
  local player, need, game, team = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 3], ARGV[at + 4]
  local pk = P .. 'player:' .. D .. ':' .. player
  local known = call('HMGET', pk, 'c', 'a', 'x', 'g')
  local c = tonumber(known[1]) or 0
  if c >= need then return {COVERED, c} end

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
    if lost_runs >= max_lost then return {POISON} end
    -- He had a second try, and a third alone. Whoever kills propsd for other reasons does not wait for him.
    if lost_runs > 2 then
      local due = due_after(last_ms, lost_runs - 2)
      if now_ms() < due then return {WAIT, due} end
    end
  end

  local attempt = 1
  if known[2] then                                  -- "LAST_MS V V V!|error"
    local last_ms, list, failure = match(known[2], '^(%d+) ([%d! ]*)|(.*)$')
    local failed, all, newest = versions(list, need)
    if failed >= max_failed then return {DEAD, list, failure} end
    attempt = all + 1
    -- New data runs at once after the first failure, later after one back-off; the same data waits twice as long each
    -- time, an hour at most.
    if not (need > newest and all == 1) then
      local due = due_after(last_ms, need <= newest and failed or 1)
      if now_ms() < due then return {WAIT, due} end
    end
  end

  set[#set + 1] = fields[n]
  set[#set + 1] = me .. '/' .. ARGV[at + 2] .. ' ' .. V
  local of_team
  if known[4] and (game == '' or team == '') then
    local _, _, named = split(known[4])
    local named_game, named_team = match(named, '^(%S*) ?(%S*)$')
    if game == '' then game = named_game end
    if team == '' and named_team ~= '' then
      team = named_team
      of_team = call('HMGET', day, 'f:' .. team, 'l:' .. team)
    end
  end
  local none = game == '' and string.gsub(D, '%-', '') .. '_-' or game
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
  return {RUN, V, lost_all, attempt, game_hash(none), call('HGETALL', pk), of_team}
end

local out = {false, games}
for n = 1, #items do out[n + 2] = item(n) end
local values = {}
for from = 1, #wanted, 4000 do                      -- unpack() has a limit near 8000
  for _, value in ipairs(call('HMGET', day, unpack(wanted, from, math.min(from + 3999, #wanted)))) do
    values[#values + 1] = value
  end
end
out[#items + 3] = values
if #set > 0 then call('HSET', running, unpack(set)) end
return out
