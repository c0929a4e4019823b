-- Entries into live state. ARGV and reply: contract.h. Items follow each other; behind what all of them have, one for
-- those listed has done games (count, ...) and players (count, ...), one of the slate done games alone.
-- The letters of what an item is: its stream (1-5); its kind, C.KIND_VALUE, C.KIND_QUOTE, C.KIND_FACTS, C.KIND_ROSTER,
-- C.KIND_MARK (always changes) or C.KIND_NOTHING; C.LATE_YES if it is later than its game's tip by this slate, else
-- C.LATE_NOT, and C.LATE_NAMED where its game is what events named, if they did: it is later if that is one of the games
-- behind the letters, each behind a blank; its audience: C.AUDIENCE_SELF the hash's own player alone; C.AUDIENCE_SAME
-- that, too, of the same hash and named game as
-- the item before, which are left out; C.AUDIENCE_LISTED those listed; C.AUDIENCE_SLATE slate items, which stand in
-- lists of their own: who is affected is worked out from the slate after all of them.
-- Last among the letters " @MS" may stand: a quote's own time, where that is not its key's.
-- An event is "DAY FIRST EVENT-ID", FIRST its id, or that of what it retries, as order key.
-- Arguments and calls cost more than anything else here, hence the short forms for odds, and one read and one write for
-- all items of a hash that stand together. Each item counts in its turn all the same.
-- Reply: slate (false; all of the day hash; or what the list's own slate entries made of it: C.SLATE_CHANGE, the version
-- before them, and the fields that changed), who ever ran in the done games of all items, flat, then for each item,
-- flat: SLATE | GONE | EXPIRED | DUP | FULL, or NEED, at; and for those listed: c of each player, 0 where nobody can have
-- committed what this list has raised. (The c of others would cost a call each, and begin tells it.)
local NEED, SLATE, GONE = C.ANSWER_NEED, C.ANSWER_SLATE, C.ANSWER_GONE
local EXPIRED, DUP, FULL = C.ANSWER_EXPIRED, C.ANSWER_DUP, C.ANSWER_FULL

if outdated(ARGV[C.APPLY_PHASES]) then return redis.error_reply(C.PHASES_REFUSED) end
local D, sv, expires = ARGV[C.ARG_DATE], slate_known(ARGV[C.APPLY_SV]), ARGV[C.APPLY_EXPIRES]
local day = P .. 'day:' .. D
local head = call('HMGET', day, 'v', 'sv')
local v, dsv = tonumber(head[1]) or 0, head[2] or '0'
local v0, sv0 = v, dsv
local out, top = {[C.APPLY_OUT_SLATE] = false, [C.APPLY_OUT_RAN] = {}}, C.APPLY_OUT_ITEMS - 1
local i = C.APPLY_ITEMS
local changed = {C.SLATE_CHANGE, sv}                -- fields of the slate, with their new values
local games_done = {}                               -- whose players that ever ran are asked for

local STREAMS = C.APPLY_STREAMS - 1                  -- before the first stream's key
local lasts = {}
local function last_id(stream)                      -- nothing above it is still in the stream: it was deleted
  if not lasts[stream] then
    local info = redis.pcall('XINFO', 'STREAM', ARGV[STREAMS + stream])
    lasts[stream] = ''
    for n = 1, info.err and 0 or #info, 2 do
      if info[n] == 'last-generated-id' then lasts[stream] = order_key(info[n + 1]) end
    end
  end
  return lasts[stream]
end

-- Is another entry's event id the same? Its owner is who was recorded, so an entry finds itself after a crash.
local function twin(id_day, event_id, owner)
  for n = id_day - 1, id_day + 1 do
    local seen = call('HGET', P .. 'seen:' .. n, event_id)
    if seen then return seen ~= owner end
  end
  local seen = P .. 'seen:' .. id_day
  if call('HSET', seen, event_id, owner) == 1 then
    local size = call('HLEN', seen)
    if size == 1 then call('EXPIRE', seen, C.SEEN_TTL_S) end
    if size > C.SEEN_MAX and call('DEL', P .. 'seen:' .. (id_day - 1)) == 1 then
      call('HINCRBY', P .. 'mark', 'seen_dropped', 1)
    end
  end
  return false
end

local function keys_of(set)
  local keys = {}
  for key in pairs(set) do keys[#keys + 1] = key end
  return keys
end

local marks = {}
local function put(value)
  top = top + 1
  out[top] = value
end

-- The hash of the items that stand together: `known` is what its fields are by now, `writes` what of it Redis has not got.
local place, known, size, writes, fresh = nil, nil, nil, {}, false
local moved = {}                                    -- changes of main lines, for `lines:`
local paths                                         -- of each market and book those that `lines:` has, once an entry was late
local named, named_in, named_in_new, named_key, named_at, named_now, named_new  -- the game that events name where the slate has none

local function lines_of(player) return P .. 'lines:' .. sub(player, #P + 8) end  -- in place of "player:"

-- `at` 0: what was newer stood by then, and so this never did.
local function note(what, write, field)
  local to, time = #moved, #what >= C.WHAT_GAMES and match(what, '@(%d+)$')
  if time then
    moved[to + 1], moved[to + 2] = time, ' '
    to = to + 2
  end
  moved[to + 1], moved[to + 2], moved[to + 3], moved[to + 4] = write, ' ', field, '\n'
  if paths then paths.add(field, split(write)) end
end

local function close()
  if named_new then
    local text = named_key .. ' ' .. named_at .. ' ' .. named_now
    if named_in ~= place then
      call('HSET', named_in, 'g', text)
      if named_in_new then call('PEXPIREAT', named_in, expires) end
    else
      writes[#writes + 1] = 'g'
      writes[#writes + 1] = text
    end
  end
  if writes[1] then
    call('HSET', place, unpack(writes))
    if fresh then call('PEXPIREAT', place, expires) end  -- all keys of a date expire together
  end
  if moved[1] then
    local lines, text = lines_of(place), table.concat(moved)
    local length = call('APPEND', lines, text)
    if length == #text then call('PEXPIREAT', lines, expires) end
    if length > C.LINES_BYTES + C.LINES_SLACK then
      local kept = call('GETRANGE', lines, -C.LINES_BYTES, -1)
      call('SET', lines, sub(kept, (find(kept, '\n', 1, true) or 0) + 1), 'KEEPTTL')
    end
    moved = {}
  end
  writes, named_new, fresh = {}, false, false
end

-- A quote that says again what its field says can still change what is shown: where its key passes that of the whole
-- quote, of one of its sides, or of the side of another line, which was the main one until now (quotes.c).
local function passes(field, value, old_key, key)
  local head, side, rest = match(field, '^([qa])([+-]?)(:.*)$')
  for _, other in ipairs({'', '+', '-'}) do
    local text = other ~= side and known[head .. other .. rest]
    if text == nil then text = call('HGET', place, head .. other .. rest) end
    if text then
      local its_key, _, its_value = split(text)
      if its_key > old_key and its_key < key and (side == '' or other == '' or value ~= 'off' and its_value ~= 'off'
          and match(value, '^%S+') ~= match(its_value, '^%S+')) then
        return true
      end
    end
  end
end

-- Newer entries of a book's line may be applied before it: of another instance, under another spelling, of a letter that is
-- retried. Where the line was then is a change all the same, unless it is kept already or said what was before. Looked at is the
-- end of what is kept; what is older than that is left out.
local function was_news(field, key, value)
  if not paths then
    local text = call('GETRANGE', lines_of(place), -C.LINES_LOOK, -1)
    paths = {whole = #text < C.LINES_LOOK}
    function paths.add(name, its_key, _, its_value)
      local subject = match(name, ':.*$')
      local path = paths[subject] or {}
      local n = #path
      while n > 0 and path[n][1] > its_key do n = n - 1 end
      table.insert(path, n + 1, {its_key, name, its_value})
      paths[subject] = path
    end
    text = (paths.whole and text or match(text, '\n(.*)$') or '') .. table.concat(moved)
    for its_key, its_value, name in string.gmatch(text, '(%l%w*) %d+ ([^\n]-) (q[+-]?:[^\n]*)\n') do
      paths.add(name, its_key, 0, its_value)
    end
  end
  local path = paths[match(field, ':.*$')] or {}
  local n = #path
  while n > 0 and path[n][1] > key do n = n - 1 end
  local before = path[n]
  if not before then return paths.whole and value ~= 'off' end
  return before[2] ~= field or before[3] ~= value
end

local function letter(what, at) return sub(what, at, at) end

-- `first`: its first item; `players`: of an item for those listed.
local function open(first, players)
  close()
  place, named, size, paths = P .. ARGV[first + C.APPLY_ITEM_HASH], ARGV[first + C.APPLY_ITEM_NAMED], nil, nil
  local fields, another = {ARGV[first + C.APPLY_ITEM_FIELD]}, first + C.APPLY_ITEM_GAMES
  local asks = letter(ARGV[first], C.WHAT_LATE) == C.LATE_NAMED
  while not players and letter(ARGV[another] or '', C.WHAT_AUDIENCE) == C.AUDIENCE_SAME do
    fields[#fields + 1] = ARGV[another + C.APPLY_ITEM_FIELD]
    asks = asks or letter(ARGV[another], C.WHAT_LATE) == C.LATE_NAMED
    another = another + C.APPLY_ITEM_HASH
  end
  named_in = named ~= '' and (players and P .. 'player:' .. D .. ':' .. ARGV[players + 1] or place)
  if named_in == place or asks and not players then fields[#fields + 1] = 'g' end
  local values = call('HMGET', place, unpack(fields))
  known = {}
  for n = 1, #fields do known[fields[n]] = values[n] end
  if named_in then
    local text = known.g
    if named_in ~= place then text = call('HGET', named_in, 'g') end
    named_key, named_at, named_now = split(text or 'a 0 ')
    named_in_new = not text
  end
end

-- Whether it came after the tip-off of its game; where neither slate nor entry has one, of that which events named.
local function is_late(what, players)
  local late = letter(what, C.WHAT_LATE)
  if late ~= C.LATE_NAMED then return late == C.LATE_YES end
  local text = known.g
  if players then text = call('HGET', P .. 'player:' .. D .. ':' .. ARGV[players + 1], 'g') end
  local game = text and match(text, '^%S+ %d+ (%S+)')
  return game and find(what, ' ' .. game, C.WHAT_GAMES, true)
end

local function item()
  local what, id, key = ARGV[i + C.APPLY_ITEM_WHAT], ARGV[i + C.APPLY_ITEM_ID], ARGV[i + C.APPLY_ITEM_KEY]
  local event = ARGV[i + C.APPLY_ITEM_EVENT]
  local field, value = ARGV[i + C.APPLY_ITEM_FIELD], ARGV[i + C.APPLY_ITEM_VALUE]
  local stream, kind = byte(what, C.WHAT_STREAM) - C.WHAT_STREAM_BASE, letter(what, C.WHAT_KIND)
  local audience = letter(what, C.WHAT_AUDIENCE)
  local first, games, players, count = i, i + C.APPLY_ITEM_GAMES, nil, 0
  if audience == C.AUDIENCE_SAME then i = i + C.APPLY_ITEM_HASH
  elseif audience == C.AUDIENCE_SELF then i = games
  else
    i = games + tonumber(ARGV[games]) + 1
    for g = games + 1, i - 1 do games_done[ARGV[g]] = true end
    if audience == C.AUDIENCE_LISTED then
      players = i
      count = tonumber(ARGV[players])
      i = players + count + 1
    end
  end
  if key == '' then key = id end

  if (audience == C.AUDIENCE_SLATE and sv0 or dsv) ~= sv then return put(SLATE) end
  if audience ~= C.AUDIENCE_SAME then open(first, players) end
  if id > (lasts[stream] or last_id(stream)) then return put(GONE) end
  local old = known[field]
  local old_key, at, old_value, write, moves
  if old then old_key, at, old_value = split(old) end
  -- Unless it was applied before the tip-off was moved: then it stands, and the runs that it needs are still owed.
  if old_key ~= key and is_late(what, players) then return put(EXPIRED) end
  if event ~= '' then
    local id_day, owner, event_id = match(event, '^(%d+) (%S+) (.*)$')
    if twin(tonumber(id_day), event_id, ARGV[STREAMS + stream] .. ' ' .. owner) then return put(DUP) end
  end
  if not marks[stream] or id > marks[stream] then marks[stream] = id end

  if kind ~= C.KIND_NOTHING and (not old_key or key > old_key) then
    if not old_key then
      size = size or call('HLEN', place)            -- at most C.QUOTES_MAX quotes, beside what else his hash holds
      if kind == C.KIND_QUOTE and size > C.PLAYER_FIELDS_MAX then return put(FULL) end
      fresh = fresh or size == 0
      size = size + 1
    end
    if kind == C.KIND_MARK or old_value ~= value
        or kind == C.KIND_QUOTE and passes(field, value, old_key, key) then
      v = v + 1
      at = v
      moves = kind == C.KIND_QUOTE and sub(field, 1, 1) == 'q'
      if kind == C.KIND_FACTS or kind == C.KIND_ROSTER then
        local to = #changed
        dsv = tostring(tonumber(dsv) + 1)
        if kind == C.KIND_ROSTER and old_value then
          local left, team = 'w:' .. sub(field, 3), match(old_value, '^%S+')
          local teams = call('HGET', day, left) or ''
          if not find(teams, team, 1, true) then
            call('HSET', day, left, teams .. team .. ' ')
            changed[to + 1], changed[to + 2] = left, teams .. team .. ' '
            to = to + 2
          end
        end
        changed[to + 1], changed[to + 2] = field, key .. ' ' .. at .. ' ' .. value
      end
    end
    write = key .. ' ' .. at .. ' ' .. value
    known[field] = write
    writes[#writes + 1] = field
    writes[#writes + 1] = write
    if moves then
      note(what, write, field)
    end
  elseif kind == C.KIND_QUOTE and key < old_key and sub(field, 1, 1) == 'q' and was_news(field, key, value) then
    note(what, key .. ' 0 ' .. value, field)
  end
  if named_in then
    local named_by = key .. sub(what, C.WHAT_STREAM, C.WHAT_STREAM)         -- several streams name games: equal ids must not be a matter of chance
    if named_by > named_key then
      if named_now ~= named then v = v + 1; named_at = v end
      named_key, named_now, named_new = named_by, named, true
    end
    if named_at > at then at = named_at end
  end
  local game = players and write and not old_key and match(ARGV[first + C.APPLY_ITEM_HASH], '^game:(.*)')
  if game then
    call('SADD', P .. 'games:' .. D, game)
    call('PEXPIREAT', P .. 'games:' .. D, expires)
  end

  at = at or 0
  put(NEED)
  put(at)
  if not players then return end
  for n = players + 1, players + count do
    put(at <= v0 and tonumber(call('HGET', P .. 'player:' .. D .. ':' .. ARGV[n], 'c')) or 0)
  end
end

local count = #ARGV
local ok, failure = pcall(function()
  while i <= count do item() end
  close()
end)
-- Whatever happened, the version that fields carry must stand in the day.
if v ~= v0 or dsv ~= sv0 then
  call('HSET', day, 'v', v, 'sv', dsv)
  if v0 == 0 then call('PEXPIREAT', day, expires) end
end
for stream, id in pairs(marks) do
  local old = call('HGET', P .. 'mark', ARGV[STREAMS + stream])
  if not old or id > old then call('HSET', P .. 'mark', ARGV[STREAMS + stream], id) end
end
if not ok then return {err = type(failure) == 'table' and failure.err or tostring(failure)} end
if dsv ~= sv and sv0 == sv then
  changed[#changed + 1], changed[#changed + 2] = 'sv', dsv
  out[C.APPLY_OUT_SLATE] = changed
elseif dsv ~= sv then out[C.APPLY_OUT_SLATE] = slate_of(day) end

local ran = out[C.APPLY_OUT_RAN]
for _, game in ipairs(games_done[C.ANY_GAME] and call('SMEMBERS', P .. 'games:' .. D) or keys_of(games_done)) do
  local done, from = call('HGETALL', P .. 'done:' .. game), #ran + 1
  for n = 1, #done, 2 do
    ran[from + C.RAN_ITEM_PLAYER], ran[from + C.RAN_ITEM_GAME], ran[from + C.RAN_ITEM_TEAM] = done[n], game, done[n + 1]
    from = from + C.RAN_ITEM_SIZE
  end
end
return out
