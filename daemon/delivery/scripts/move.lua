-- In front of alias and league: what stands on a date under names that turned out to be other names of players moves to
-- them. `his` is a player a name. It keeps its order key, and a newer fact of the player's own stays, as if he had been named in
-- both; what is other than he had has a new AT. Of runs under the old name nothing is left. The entries of `regenerate`
-- that are added are above all of it. Returns how many reports were withdrawn, and facts moved.
local function move_names(date, expires, stream, kept, his)
  local day, reports, facts = P .. 'day:' .. date, 0, 0
  local v0 = tonumber(call('HGET', day, 'v'))
  if not v0 then return 0, 0 end
  local v, others, touched = v0, false, {}

  local function move(source, source_field, target, target_field)
    local text = call('HGET', source, source_field)
    if not text then return false end
    local key, _, value = split(text)
    local his_key, at, his_value = split(call('HGET', target, target_field) or 'a 0 ')
    call('HDEL', source, source_field)
    facts = facts + 1
    if key <= his_key then return false end
    -- A mark says that something came; whatever it says, it came to him only now.
    local changed = value ~= his_value or at == 0 or source_field == 'm' or source_field == 'f'
    if changed then
      v = v + 1
      at = v
    end
    call('HSET', target, target_field, key .. ' ' .. at .. ' ' .. value)
    return changed, his_value
  end

  -- How his lines moved: whoever reads it goes by the keys, and not by the order of the text.
  local function move_path(from, to)
    local source, target = P .. 'lines:' .. date .. ':' .. from, P .. 'lines:' .. date .. ':' .. to
    local text = call('GET', source)
    if not text then return end
    call('APPEND', target, text)
    call('PEXPIREAT', target, expires)
    call('DEL', source)
  end

  -- His lines, the game that events named, marks.
  local function move_player(from, to)
    local source, target, game = P .. 'player:' .. date .. ':' .. from, P .. 'player:' .. date .. ':' .. to, ''
    local fields = call('HKEYS', source)
    -- A first run, of somebody of whom only the day has anything, has a token and no more.
    call('HDEL', P .. 'running', date .. '/' .. from, date .. '/' .. from .. '/' .. C.PHASE_OF_OUTPUT)
    if #fields == 0 then return end
    for _, field in ipairs(fields) do
      if find(field, '^[qa][+-]?:') or field == 'g' or field == 'm' or field == 'f' then move(source, field, target, field) end
    end
    if call('HLEN', target) > 0 then call('PEXPIREAT', target, expires) end
    move_path(from, to)
    call('DEL', source, P .. 'pre:' .. date .. ':' .. from, P .. 'given:' .. date .. ':' .. from,
      P .. 'tipoff:' .. date .. ':' .. from)
    for _, name in ipairs(call('SMEMBERS', P .. 'games:' .. date)) do
      if call('HDEL', P .. 'done:' .. name, from) == 1 and not find(name, '-', 1, true) then game = name end
    end
    if call('DEL', P .. 'report:' .. date .. ':' .. from) == 0 then return end
    reports, v = reports + 1, v + 1
    call('XADD', P .. 'reports', 'MAXLEN', '~', kept, '*', 'player_lookup', from, 'game_date', date, 'game_id', game,
      'version', v, 'moved_to', to)
  end

  -- What the slate has of him.
  local function move_member(from, to)
    local left, teams = call('HGET', day, 'w:' .. from), call('HGET', day, 'w:' .. to) or ''
    if not left and not call('HGET', day, 'r:' .. from) then return end
    local _, old = move(day, 'r:' .. from, day, 'r:' .. to)
    teams = teams .. (left or '')
    local team = old and match(old, '^%S+')
    if team and not find(teams, team, 1, true) then teams = teams .. team .. ' ' end
    if teams ~= '' then call('HSET', day, 'w:' .. to, teams) end
    call('HDEL', day, 'w:' .. from)
    call('HINCRBY', day, 'sv', 1)
    others = true
  end

  -- A line-up names its players in the order of the alphabet, each once.
  local function move_starters(field)
    local key, _, value = split(call('HGET', day, field))
    local confirmed, names = match(value, '^(%S*) (.*)$')
    local list, known, moved = {}, {}, false
    for name in string.gmatch(names or '', '[^,]+') do
      if his[name] then name, moved = his[name], true end
      if not known[name] then list[#list + 1] = name end
      known[name] = true
    end
    if not moved then return end
    table.sort(list)
    v, facts, others = v + 1, facts + 1, true
    call('HSET', day, field, key .. ' ' .. v .. ' ' .. confirmed .. ' ' .. table.concat(list, ','))
  end

  -- Of a league's many spellings few were ever used: they are looked for a hundred at a time.
  local function used()
    local names, out, stands = {}, {}, {}
    for name in pairs(his) do names[#names + 1] = name end
    table.sort(names)
    for _, field in ipairs(call('HKEYS', day)) do stands[field] = true end
    for first = 1, #names, 100 do
      local keys, runs = {}, {}
      for n = first, math.min(first + 99, #names) do
        keys[#keys + 1] = P .. 'player:' .. date .. ':' .. names[n]
        runs[#runs + 1] = date .. '/' .. names[n]
        runs[#runs + 1] = date .. '/' .. names[n] .. '/' .. C.PHASE_OF_OUTPUT
      end
      local any, tokens = call('EXISTS', unpack(keys)) > 0, call('HMGET', P .. 'running', unpack(runs))
      for n = 1, #keys do
        local name = names[first + n - 1]
        if any or tokens[2 * n - 1] or tokens[2 * n] or stands['i:' .. name] or stands['r:' .. name] or stands['w:' .. name] then
          out[#out + 1] = name
        end
      end
    end
    return out
  end

  for _, from in ipairs(used()) do
    local to, before = his[from], facts + reports
    if move(day, 'i:' .. from, day, 'i:' .. to) then others = true end
    move_member(from, to)
    move_player(from, to)
    if facts + reports > before then touched[#touched + 1] = to end
  end
  for _, field in ipairs(call('HKEYS', day)) do
    if sub(field, 1, 2) == 'l:' then move_starters(field) end
  end
  if v ~= v0 then call('HSET', day, 'v', v) end
  table.sort(touched)
  for _, to in ipairs(touched) do call('XADD', stream, '*', 'player_lookup', to, 'exact', '1', 'game_date', date) end
  if others then call('XADD', stream, '*', 'game_date', date) end
  return reports, facts
end
