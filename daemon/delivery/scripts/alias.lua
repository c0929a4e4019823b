-- A spelling becomes another name of a player, for all dates; and what stood under it on the dates named moves to him. ARGV:
-- prefix, spelling, player, the value to note, regenerate stream, length of `reports`, dates: date, expiry of its keys (Unix
-- ms). Reply: {answer, the alias in the way, reports withdrawn, facts moved}
-- The version of the aliases rises with it, in one: apply and begin are refused to whoever works by older ones, so from
-- here on nobody writes under the old spelling. A run that was begun for it has lost its token. What moves keeps its order
-- key, and a newer fact of the player's own stays, as if he had been named in both; what differs has a new AT. The
-- entries of `regenerate` that are added are above all of it: whoever waited for a run of the ghost is owed these.
local from, to, stream = ARGV[C.ALIAS_SPELLING], ARGV[C.ALIAS_PLAYER], ARGV[C.ALIAS_STREAM]
local aliases, reports, facts = P .. 'aliases', 0, 0

local all = call('HGETALL', aliases)
for n = 1, #all, 2 do
  local spelling, player = all[n], match(all[n + 1], '^%S+')
  if spelling == from and player ~= to then return {C.ALIAS_TAKEN, player, 0, 0} end
  if spelling == to then return {C.ALIAS_CHAIN, player, 0, 0} end
  if player == from and spelling ~= C.ALIASES_VERSION then return {C.ALIAS_MEANT, spelling, 0, 0} end
end
call('HSET', aliases, from, ARGV[C.ALIAS_TEXT])
call('HINCRBY', aliases, C.ALIASES_VERSION, 1)

local day, v, expires                               -- of the date that is looked at
local function move(source, source_field, target, target_field)
  local text = call('HGET', source, source_field)
  if not text then return false end
  local key, _, value = split(text)
  local his_key, at, his_value = split(call('HGET', target, target_field) or 'a 0 ')
  call('HDEL', source, source_field)
  facts = facts + 1
  if key <= his_key then return false end
  if value ~= his_value or at == 0 then
    v = v + 1
    at = v
  end
  call('HSET', target, target_field, key .. ' ' .. at .. ' ' .. value)
  return at == v, his_value
end

-- His lines, the game that events named, marks; of what was run for the old spelling nothing is left.
local function move_player(date)
  local source, target = P .. 'player:' .. date .. ':' .. from, P .. 'player:' .. date .. ':' .. to
  for _, field in ipairs(call('HKEYS', source)) do
    if find(field, '^[qa]:') or field == 'g' or field == 'm' or field == 'f' then move(source, field, target, field) end
  end
  if call('HLEN', target) > 0 then call('PEXPIREAT', target, expires) end
  call('DEL', source, P .. 'pre:' .. date .. ':' .. from)
  call('HDEL', P .. 'running', date .. '/' .. from, date .. '/' .. from .. '/' .. C.PHASE_OF_OUTPUT)
  local game = ''
  for _, name in ipairs(call('SMEMBERS', P .. 'games:' .. date)) do
    if call('HDEL', P .. 'done:' .. name, from) == 1 then game = name end
  end
  if call('DEL', P .. 'report:' .. date .. ':' .. from) == 0 then return end
  reports = reports + 1
  v = v + 1
  call('XADD', P .. 'reports', 'MAXLEN', '~', ARGV[C.ALIAS_KEPT], '*', 'player_lookup', from, 'game_date', date, 'game_id',
    find(game, '-', 1, true) and '' or game, 'version', v, 'moved_to', to)
end

-- A line-up names its players in the order of the alphabet, each once.
local function move_starter(field)
  local key, _, value = split(call('HGET', day, field))
  local confirmed, names = match(value, '^(%S*) (.*)$')
  local list, known, moved = {}, {}, false
  for name in string.gmatch(names or '', '[^,]+') do
    if name == from then name, moved = to, true end
    if not known[name] then list[#list + 1] = name end
    known[name] = true
  end
  if not moved then return false end
  table.sort(list)
  v, facts = v + 1, facts + 1
  call('HSET', day, field, key .. ' ' .. v .. ' ' .. confirmed .. ' ' .. table.concat(list, ','))
  return true
end

-- What others read too. Whether anything of it changed.
local function move_in_day()
  local changed = move(day, 'i:' .. from, day, 'i:' .. to)
  local left = call('HGET', day, 'w:' .. from)
  local his, old = move(day, 'r:' .. from, day, 'r:' .. to)
  if his or left then
    local teams = (call('HGET', day, 'w:' .. to) or '') .. (left or '')
    local team = old and match(old, '^%S+')
    if team and not find(teams, team, 1, true) then teams = teams .. team .. ' ' end
    if teams ~= '' then call('HSET', day, 'w:' .. to, teams) end
    call('HDEL', day, 'w:' .. from)
    call('HINCRBY', day, 'sv', 1)
    changed = true
  end
  for _, field in ipairs(call('HKEYS', day)) do
    if sub(field, 1, 2) == 'l:' then changed = move_starter(field) or changed end
  end
  return changed
end

for n = C.ALIAS_DATES, #ARGV, C.ALIAS_DATE_SIZE do
  local date = ARGV[n + C.ALIAS_DATE_TEXT]
  day, expires = P .. 'day:' .. date, ARGV[n + C.ALIAS_DATE_EXPIRES]
  local v0 = tonumber(call('HGET', day, 'v'))
  if v0 then
    local moved, withdrawn = facts, reports
    v = v0
    local others = move_in_day()
    move_player(date)
    if v ~= v0 then call('HSET', day, 'v', v) end
    if moved ~= facts or withdrawn ~= reports then
      call('XADD', stream, '*', 'player_lookup', to, 'game_date', date)
    end
    if others then call('XADD', stream, '*', 'game_date', date) end
  end
end
return {C.ALIAS_DONE, '', reports, facts}
