-- In front of begin and peek, whose arguments and answers are alike: the facts that a run is computed from. Reads, and
-- writes nothing. ARGV: see begin.
local RUN, SLATE = C.VERDICT_RUN, C.VERDICT_SLATE
local D, sv = ARGV[C.ARG_DATE], slate_known(ARGV[C.BEGIN_SV])
local day = P .. 'day:' .. D
local head = call('HMGET', day, 'v', 'sv')
local V, dsv = tonumber(head[1]) or 0, head[2] or '0'

local count, items, wanted = tonumber(ARGV[C.BEGIN_COUNT]), {}, {}
for n = 1, count do
  local at, w = C.BEGIN_ITEMS + C.BEGIN_ITEM_SIZE * (n - 1), C.DAY_ITEM_SIZE * (n - 1) + 1
  items[n] = at
  local player, team = ARGV[at + C.BEGIN_ITEM_PLAYER], ARGV[at + C.BEGIN_ITEM_TEAM]
  wanted[w + C.DAY_ITEM_FORCE], wanted[w + C.DAY_ITEM_TEAM_FORCE] = 'f', 'f:' .. team
  wanted[w + C.DAY_ITEM_LINEUP], wanted[w + C.DAY_ITEM_INJURY] = 'l:' .. team, 'i:' .. player
end
for at = C.BEGIN_ITEMS + C.BEGIN_ITEM_SIZE * count, #ARGV do wanted[#wanted + 1] = 'i:' .. ARGV[at] end

local games, index = {}, {}
local function game_hash(game)
  if not index[game] then
    games[#games + 1] = call('HGETALL', P .. 'game:' .. game)
    index[game] = #games
  end
  return index[game]
end

-- The game that he plays in, and for whom: the slate's, else what events named, which stands in his `g`.
local function place_of(at, g)
  local game, team = ARGV[at + C.BEGIN_ITEM_GAME], ARGV[at + C.BEGIN_ITEM_TEAM]
  if not g or (game ~= '' and team ~= '') then return {game = game, team = team} end
  local of_team
  local _, _, named = split(g)
  local named_game, named_team = match(named, '^(%S*) ?(%S*)$')
  if game == '' then game = named_game end
  if team == '' and named_team ~= '' then
    team = named_team
    local values = call('HMGET', day, 'f:' .. team, 'l:' .. team)
    of_team = {[C.OF_TEAM_FORCE] = values[1], [C.OF_TEAM_LINEUP] = values[2]}
  end
  return {game = game, team = team, of_team = of_team, named = true}
end

local function id_of_game(game)
  return game == '' and string.gsub(D, '%-', '') .. C.NO_GAME or game
end

-- The version of the output that `o` tells of, whether there is one, and whether it was made for this place.
local function stands(o, place)
  local at, made, game, team = match(o or C.NO_OUTPUT, '^(%d+) %d (%d+) %d+ %S+ (%S+) (%S+)')
  local here = game == C.ANY_PLACE or
    (game == (place.game == '' and '-' or place.game) and team == (place.team == '' and '-' or place.team))
  return at, made ~= '0', here
end

-- The bytes of the output that `o` tells of, where they are not held (else false), and whether it is to be made (anew): there is
-- none, it is lost, or events say that he plays elsewhere, which nobody has told precompute.
local function output_of(at, player, o, place)
  local output_at, made, here = stands(o, place)
  local wanted_bytes = made and output_at ~= ARGV[at + C.BEGIN_ITEM_HELD]
  local bytes = wanted_bytes and call('GET', P .. 'pre:' .. D .. ':' .. player)
  local moved = place.named and made and not here
  return bytes, not o or moved or (wanted_bytes and not bytes)
end

-- What the phase last made of him, where that is wanted and is no longer than the run may be told. An output does not say
-- where it was made for.
local function previous_of(at, player, o, place)
  local most, kind = tonumber(ARGV[at + C.BEGIN_ITEM_PREVIOUS]), 'report:'
  if most == 0 then return false end
  if ARGV[at + C.BEGIN_ITEM_PHASE] == C.PHASE_OF_OUTPUT then
    local _, made, here = stands(o, place)
    if not (made and here) then return false end
    kind = 'pre:'
  end
  local bytes = call('GETRANGE', P .. kind .. D .. ':' .. player, 0, most)
  return #bytes > 0 and #bytes <= most and bytes
end

local function ask_again()
  local out = {[C.BEGIN_OUT_SLATE] = slate_of(day), [C.BEGIN_OUT_GAMES] = {}}
  for n = 1, count do out[C.BEGIN_OUT_ITEMS + n - 1] = {SLATE} end
  return out
end

-- What is wanted of the day. A small hash is a list for Redis: looking it through for each of many fields costs more than
-- reading all of it.
local function values_of_day()
  local values, size = {}, call('HLEN', day)
  if size <= C.SMALL_HASH and size < #wanted then
    local all, known = call('HGETALL', day), {}
    for n = 1, #all, 2 do known[all[n]] = all[n + 1] end
    for n = 1, #wanted do values[n] = known[wanted[n]] or false end
    return values
  end
  for from = 1, #wanted, C.UNPACK_MAX do
    for _, value in ipairs(call('HMGET', day, unpack(wanted, from, math.min(from + C.UNPACK_MAX - 1, #wanted)))) do
      values[#values + 1] = value
    end
  end
  return values
end

-- The reply, with what `item` says of each.
local function answer(item)
  local out = {[C.BEGIN_OUT_SLATE] = false, [C.BEGIN_OUT_GAMES] = games}
  for n = 1, count do out[C.BEGIN_OUT_ITEMS + n - 1] = item(n) end
  out[C.BEGIN_OUT_ITEMS + count] = values_of_day()
  return out
end
