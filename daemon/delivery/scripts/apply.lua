-- Entries into live state. ARGV: prefix, date, slate version, stream keys (5), expiry of the date's keys (Unix ms), then
-- items; an item is
--   what (four letters), id (as order key), order key ("" = the id), "DAY FIRST EVENT-ID" or "" (FIRST: the id, or of what
--   it retries, as order key), field, value, hash, named game,
--   and for an audience of l: done games (count, ...), players (count, ...); for one of b: done games alone
-- The letters: stream 1-5; kind: v a value, q a quote, s game facts, r a roster entry, m a mark (always changes);
-- 1 if it is later than its game's tip by this slate, else 0; audience: s the hash's own player alone, l those listed,
-- a as s, of the same hash and named game as the item before, which are left out; b slate items, which stand in lists of
-- their own: who is affected is worked out from the slate after all of them. A done game of "*" is any of the date.
-- Arguments and calls cost more than anything else here, hence the short forms for odds, and one read and one write for
-- all items of a hash that stand together. Each item counts in its turn all the same.
-- Reply: slate (false, or all of the day hash), who ever ran in the done games of all items (player, game, team, flat), then for each item,
-- flat: SLATE | GONE | EXPIRED | DUP | FULL, or NEED, at; and for an audience of l: c of each player. (The c of others would
-- cost a call each, and begin tells it.)
local NEED, SLATE, GONE, EXPIRED, DUP, FULL = 0, 1, 2, 3, 4, 5
local MAX_FIELDS, MAX_SEEN = 520, 1000000           -- 512 quotes and what else a player's hash holds

local D, sv, expires = ARGV[2], ARGV[3], ARGV[9]
local day = P .. 'day:' .. D
local head = call('HMGET', day, 'v', 'sv')
local v, dsv = tonumber(head[1]) or 0, head[2] or '0'
local v0, sv0 = v, dsv
local out, top = {false, {}}, 2
local i = 10
local games_done = {}                               -- whose players that ever ran are asked for

local lasts = {}
local function last_id(stream)                      -- nothing above it is still in the stream: it was deleted
  if not lasts[stream] then
    local info = redis.pcall('XINFO', 'STREAM', ARGV[3 + stream])
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
    if size == 1 then call('EXPIRE', seen, 172800) end
    if size > MAX_SEEN and call('DEL', P .. 'seen:' .. (id_day - 1)) == 1 then
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
local named, named_in, named_in_new, named_key, named_at, named_now, named_new  -- the game that events name where the slate has none

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
  writes, named_new, fresh = {}, false, false
end

-- `first`: its first item; `players`: of an item for those listed.
local function open(first, players)
  close()
  place, named, size = P .. ARGV[first + 6], ARGV[first + 7], nil
  local fields, another = {ARGV[first + 4]}, first + 8
  while not players and byte(ARGV[another] or '', 4) == 97 do  -- a
    fields[#fields + 1] = ARGV[another + 4]
    another = another + 6
  end
  named_in = named ~= '' and (players and P .. 'player:' .. D .. ':' .. ARGV[players + 1] or place)
  if named_in == place then fields[#fields + 1] = 'g' end
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

local function item()
  local what, id, key, event, field, value = unpack(ARGV, i, i + 5)
  local stream, kind, audience = byte(what, 1) - 48, sub(what, 2, 2), sub(what, 4, 4)
  local first, games, players, count = i, i + 8, nil, 0
  if audience == 'a' then i = i + 6
  elseif audience == 's' then i = games
  else
    i = games + tonumber(ARGV[games]) + 1
    for g = games + 1, i - 1 do games_done[ARGV[g]] = true end
    if audience == 'l' then
      players = i
      count = tonumber(ARGV[players])
      i = players + count + 1
    end
  end
  if key == '' then key = id end

  if (audience == 'b' and sv0 or dsv) ~= sv then return put(SLATE) end
  if audience ~= 'a' then open(first, players) end
  if id > (lasts[stream] or last_id(stream)) then return put(GONE) end
  local old = known[field]
  local old_key, at, old_value, write
  if old then old_key, at, old_value = split(old) end
  -- Unless it was applied before the tip-off was moved: then it stands, and the runs that it needs are still owed.
  if byte(what, 3) == 49 and old_key ~= key then return put(EXPIRED) end
  if event ~= '' then
    local id_day, owner, event_id = match(event, '^(%d+) (%S+) (.*)$')
    if twin(tonumber(id_day), event_id, ARGV[3 + stream] .. ' ' .. owner) then return put(DUP) end
  end
  if not marks[stream] or id > marks[stream] then marks[stream] = id end

  if not old_key or key > old_key then
    if not old_key then
      size = size or call('HLEN', place)
      if kind == 'q' and size > MAX_FIELDS then return put(FULL) end
      fresh = fresh or size == 0
      size = size + 1
    end
    if kind == 'm' or old_value ~= value then
      v = v + 1
      at = v
      if kind == 's' or kind == 'r' then
        dsv = tostring(tonumber(dsv) + 1)
        if kind == 'r' and old_value then
          local left, team = 'w:' .. sub(field, 3), match(old_value, '^%S+')
          local teams = call('HGET', day, left) or ''
          if not find(teams, team, 1, true) then call('HSET', day, left, teams .. team .. ' ') end
        end
      end
    end
    write = key .. ' ' .. at .. ' ' .. value
    known[field] = write
    writes[#writes + 1] = field
    writes[#writes + 1] = write
  end
  if named_in then
    local named_by = key .. sub(what, 1, 1)         -- several streams name games: equal ids must not be a matter of chance
    if named_by > named_key then
      if named_now ~= named then v = v + 1; named_at = v end
      named_key, named_now, named_new = named_by, named, true
    end
    if named_at > at then at = named_at end
  end
  if players and write and not old_key and sub(ARGV[first + 6], 1, 5) == 'game:' then
    call('SADD', P .. 'games:' .. D, sub(ARGV[first + 6], 6))
    call('PEXPIREAT', P .. 'games:' .. D, expires)
  end

  put(NEED)
  put(at)
  if not players then return end
  for n = players + 1, players + count do
    put(tonumber(call('HGET', P .. 'player:' .. D .. ':' .. ARGV[n], 'c')) or 0)
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
  local old = call('HGET', P .. 'mark', ARGV[3 + stream])
  if not old or id > old then call('HSET', P .. 'mark', ARGV[3 + stream], id) end
end
if not ok then return {err = type(failure) == 'table' and failure.err or tostring(failure)} end
if dsv ~= sv then out[1] = call('HGETALL', day) end

local ran = out[2]
for _, game in ipairs(games_done['*'] and call('SMEMBERS', P .. 'games:' .. D) or keys_of(games_done)) do
  local done, from = call('HGETALL', P .. 'done:' .. game), #ran
  for n = 1, #done, 2 do
    ran[from + 1], ran[from + 2], ran[from + 3] = done[n], game, done[n + 1]
    from = from + 3
  end
end
return out
