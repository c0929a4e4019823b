-- Entries into live state. ARGV: prefix, date, slate version, stream keys (5), items; an item is
--   what (four letters), id (as order key), order key ("" = the id), "DAY FIRST EVENT-ID" or "" (FIRST: the id, or of what
--   it retries, as order key), hash, field, value, named game,
--   and for an audience of l: done games (count, ...), players (count, ...)
-- The letters: stream 1-5; kind: v a value, q a quote, s game facts, r a roster entry, m a mark (always changes);
-- 1 if it is later than its game's tip by this slate, else 0; audience: s the hash's own player alone, l those listed.
-- Arguments cost more than anything else here, hence the short form for odds.
-- Reply: slate (false, or all of the day hash), then for each item, flat: SLATE | GONE | EXPIRED | DUP | FULL, or
-- NEED, at; and for an audience of l: c of each player, how many of the done, then player, game, team, c of each. (The c
-- of s would cost a call an item, and begin tells it.)
local NEED, SLATE, GONE, EXPIRED, DUP, FULL = 0, 1, 2, 3, 4, 5
local MAX_FIELDS, MAX_SEEN = 520, 1000000           -- 512 quotes and what else a player's hash holds

local D, sv = ARGV[2], ARGV[3]
local day = P .. 'day:' .. D
local head = call('HMGET', day, 'v', 'sv')
local v, dsv = tonumber(head[1]) or 0, head[2] or '0'
local v0, sv0 = v, dsv
local out, top = {false}, 1
local i = 9

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

local marks = {}
local function put(value)
  top = top + 1
  out[top] = value
end

local function item()
  local what, id, key, event, hash, field, value, named = unpack(ARGV, i, i + 7)
  local stream, kind = byte(what, 1) - 48, sub(what, 2, 2)
  local listed = byte(what, 4) == 108               -- l
  local games, players, count = i + 8, nil, 0
  if listed then
    players = games + tonumber(ARGV[games]) + 1
    count = tonumber(ARGV[players])
    i = players + count + 1
  else i = games end
  if key == '' then key = id end

  if dsv ~= sv then return put(SLATE) end
  if id > last_id(stream) then return put(GONE) end
  if byte(what, 3) == 49 then
    -- Unless it was applied before the tip-off was moved: then it stands, and the runs that it needs are still owed.
    local stands = call('HGET', P .. hash, field)
    if not stands or split(stands) ~= key then return put(EXPIRED) end
  end
  if event ~= '' then
    local id_day, first, event_id = match(event, '^(%d+) (%S+) (.*)$')
    if twin(tonumber(id_day), event_id, ARGV[3 + stream] .. ' ' .. first) then return put(DUP) end
  end
  if not marks[stream] or id > marks[stream] then marks[stream] = id end

  local place = P .. hash
  local named_in = named ~= '' and (listed and P .. 'player:' .. D .. ':' .. ARGV[players + 1] or place)
  local old, old_named
  if named_in == place then
    local both = call('HMGET', place, field, 'g')
    old, old_named = both[1], both[2]
  else
    old = call('HGET', place, field)
    old_named = named_in and call('HGET', named_in, 'g')
  end
  local old_key, at, old_value, write, new_game
  if old then old_key, at, old_value = split(old) end
  if not old_key or key > old_key then
    if kind == 'q' and not old_key and call('HLEN', place) > MAX_FIELDS then return put(FULL) end
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
    new_game = not old_key and sub(hash, 1, 5) == 'game:'
  end
  if named_in then                                  -- the game that events name where the slate has none
    local named_key, named_at, now = split(old_named or 'a 0 ')
    local named_by = key .. sub(what, 1, 1)         -- several streams name games: equal ids must not be a matter of chance
    if named_by > named_key then
      if now ~= named then v = v + 1; named_at = v end
      named = named_by .. ' ' .. named_at .. ' ' .. named
      if named_in ~= place or not write then call('HSET', named_in, 'g', named)
      else
        call('HSET', place, field, write, 'g', named)
        write = nil
      end
    end
    if named_at > at then at = named_at end
  end
  if write then call('HSET', place, field, write) end
  if new_game then
    call('SADD', P .. 'games:' .. D, sub(hash, 6))
    local left = call('PTTL', day)                  -- it may be new: all keys of a date expire together
    if left > 0 then call('PEXPIRE', place, left) end
  end

  put(NEED)
  put(at)
  if not listed then return end
  for n = players + 1, players + count do
    put(tonumber(call('HGET', P .. 'player:' .. D .. ':' .. ARGV[n], 'c')) or 0)
  end
  local total, place_of_total = 0, top + 1
  put(0)
  for g = games + 1, players - 1 do
    local ids = ARGV[g] == '*' and call('SMEMBERS', P .. 'games:' .. D) or {ARGV[g]}
    for _, id in ipairs(ids) do
      local done = call('HGETALL', P .. 'done:' .. id)
      for m = 1, #done, 2 do
        put(done[m])
        put(id)
        put(done[m + 1])
        put(tonumber(call('HGET', P .. 'player:' .. D .. ':' .. done[m], 'c')) or 0)
        total = total + 1
      end
    end
  end
  out[place_of_total] = total
end

local count = #ARGV
local ok, failure = pcall(function()
  while i <= count do item() end
end)
-- Whatever happened, the version that fields carry must stand in the day.
if v ~= v0 or dsv ~= sv0 then call('HSET', day, 'v', v, 'sv', dsv) end
for stream, id in pairs(marks) do
  local old = call('HGET', P .. 'mark', ARGV[3 + stream])
  if not old or id > old then call('HSET', P .. 'mark', ARGV[3 + stream], id) end
end
if not ok then return {err = type(failure) == 'table' and failure.err or tostring(failure)} end
if dsv ~= sv then out[1] = call('HGETALL', day) end
return out
