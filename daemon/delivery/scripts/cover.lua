-- What players' own hashes say of whether their reports cover what was applied: of so many as hold C.COVER_FIELDS fields,
-- and one at least, as each hash is read whole. ARGV: prefix, date, the phases that read odds, players. Reads, and writes
-- nothing. Reply: an item each of those that were read, as contract.h has it.
-- What is of a day or game is held against these by who asks: it knows the slate.
local reads_odds = ' ' .. ARGV[C.COVER_ODDS]
local phases = {C.PHASE_OF_REPORT, C.PHASE_OF_OUTPUT}
local odds_of = {[C.PHASE_OF_REPORT] = find(reads_odds, ' report ', 1, true), [C.PHASE_OF_OUTPUT] = find(reads_odds, ' precompute ', 1, true)}
local marks_not_of = {[C.PHASE_OF_REPORT] = {[C.MARK_OF_OUTPUT] = true, [C.MARK_OF_FIRST] = true}, [C.PHASE_OF_OUTPUT] = {[C.MARK_OF_REPORT] = true}}
local places = {
  [C.PHASE_OF_REPORT] = {C.COVER_OUT_COMMITTED, C.COVER_OUT_NEED, C.COVER_OUT_OLDEST, C.COVER_OUT_MODEL},
  [C.PHASE_OF_OUTPUT] = {C.COVER_OUT_MADE, C.COVER_OUT_MADE_NEED, C.COVER_OUT_MADE_OLDEST, C.COVER_OUT_MADE_MODEL},
}
local kinds = {g = 'named', m = 'mark', f = 'mark'}

local function kind_of(name)
  if find(name, '^[qa][+-]?:') then return 'odds' end
  return kinds[name]
end

local left = C.COVER_FIELDS

-- Whom a mute of a type or a book keeps from a run its name does not tell: its marks do.
local mutes = {}
for _, order in ipairs(call('HKEYS', P .. 'muted')) do
  if find(order, '^mute:[^:]*:type:') or find(order, '^mute:[^:]*:book:') then mutes[#mutes + 1] = order end
end

local function muted(player, phase)
  local field, highest, by = ARGV[C.ARG_DATE] .. '/' .. player .. (phase == C.PHASE_OF_REPORT and '' or '/' .. phase), 0, nil
  for _, order in ipairs(mutes) do
    local need = tonumber(call('HGET', P .. 'muted:' .. order, field)) or 0
    if need > highest then highest, by = need, order end
  end
  return by and string.format('%.0f %s', highest, by) or ''
end

local function item(player)
  local hash, known, fields = call('HGETALL', P .. 'player:' .. ARGV[C.ARG_DATE] .. ':' .. player), {}, {}
  left = left - #hash / 2 - 1 - 2 * #mutes
  for n = 1, #hash, 2 do
    local kind = kind_of(hash[n])
    if kind then
      local key, at, value = split(hash[n + 1])
      if key then fields[#fields + 1] = {kind, key, at, value} end
      if kind == 'named' then known.g = value end
    else known[hash[n]] = hash[n + 1] end
  end
  local out = {[C.COVER_OUT_FAILING] = (known.a or known.x or known.pa or known.px) and 1 or 0,
    [C.COVER_OUT_OUTPUT] = tonumber(match(known.o or '', '^%d+')) or 0, [C.COVER_OUT_NAMED] = known.g or '',
    [C.COVER_OUT_MUTED] = muted(player, C.PHASE_OF_REPORT), [C.COVER_OUT_MADE_MUTED] = muted(player, C.PHASE_OF_OUTPUT)}
  for _, phase in ipairs(phases) do
    local committed, need, oldest = tonumber(known[phase .. 'c']) or 0, 0, ''
    for _, field in ipairs(fields) do
      local kind, key, at, value = field[1], field[2], field[3], field[4]
      if (kind ~= 'odds' or odds_of[phase]) and (kind ~= 'mark' or not marks_not_of[phase][value]) and
        (kind ~= 'named' or phase == C.PHASE_OF_REPORT) then
        if kind == 'mark' and value == C.MARK_OF_FIRST then at = 1 end
        need = math.max(need, at)
        if at > committed and (oldest == '' or key < oldest) then oldest = key end
      end
    end
    local place = places[phase]
    out[place[1]], out[place[2]], out[place[3]], out[place[4]] = committed, need, oldest, known[phase .. C.FIELD_OF_MODEL] or ''
  end
  return out
end

local out = {}
for n = C.COVER_PLAYERS, #ARGV do
  if left <= 0 then break end
  out[#out + 1] = item(ARGV[n])
end
return out
