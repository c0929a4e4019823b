-- The layout of the keys, `schema`: looked at when a session starts, and where it is an older one brought up to today's,
-- a bounded piece a call. ARGV: prefix, who asks ("NAME/BOOT"), group, time to live of the lock in ms, entries at most,
-- stream keys. Reply: {state, a few words}.
-- At first nothing is touched while an instance lives: it knows the older layout. Then `schema` is raised, which no older
-- instance starts on, and only a moment later work begins, so that one which had asked just before is seen. What is left
-- to do stands in `migration`, so the next call goes on from there, whoever died; a piece may be repeated. Only the holder
-- of the lock works, and a holder that is gone is waited for until it expires.
local me, group, budget = ARGV[C.MIGRATE_WHO], ARGV[C.MIGRATE_GROUP], tonumber(ARGV[C.MIGRATE_COUNT])
local schema, state, lock = P .. 'schema', P .. 'migration', P .. 'migration:lock'

-- steps[N] makes N + 1 of layout N: from a cursor ('' at first) to the next, or to nothing when all is done.
local steps = {}

-- To 2: entries that scripts had added were not noted as such, and what they say of themselves would not be believed.
-- (What an older instance could not read: failed versions with a mark, typed orders.)
steps[1] = function(cursor)
  local s, from = match(cursor, '^(%d+) (.*)$')
  s, from = tonumber(s) or 0, from or '-'
  local stream = ARGV[C.MIGRATE_STREAMS + s]
  if not stream then
    call('DEL', P .. 'instances')                   -- all names ever taken: nothing asked for it
    return nil
  end
  local entries = call('XRANGE', stream, from, '+', 'COUNT', budget)
  for _, entry in ipairs(entries) do
    for n = 1, #entry[2], 2 do
      if entry[2][n] == 'origin' or entry[2][n] == 'league' then
        call('ZADD', own_of(stream), match(entry[1], '^%d+'), entry[1])
      end
    end
  end
  if #entries < budget then return s + 1 .. ' -' end
  return s .. ' (' .. entries[#entries][1]
end

-- The consumers of the group that beat: an instance is one from its first read on.
local function living()
  local names, seen = {}, {}
  for s = C.MIGRATE_STREAMS, #ARGV do
    local consumers = redis.pcall('XINFO', 'CONSUMERS', ARGV[s], group)
    for _, info in ipairs(consumers.err and {} or consumers) do
      for n = 1, #info, 2 do
        local name = info[n] == 'name' and info[n + 1]
        if name and not seen[name] and call('EXISTS', P .. 'instance:' .. name) == 1 then names[#names + 1] = name end
        if name then seen[name] = true end
      end
    end
  end
  table.sort(names)
  return table.concat(names, ', ')
end

local function answer(what, words)
  return {[C.MIGRATE_OUT_STATE] = what, [C.MIGRATE_OUT_WORDS] = tostring(words)}
end

local there = call('GET', schema)
if not there and call('EXISTS', P .. 'mark') == 0 then
  call('SET', schema, C.LAYOUT)                     -- a new database
  return answer(C.MIGRATION_DONE, C.LAYOUT)
end
there = tonumber(there or 1)                        -- it was lost: the oldest, as steps may be repeated
if not there or there < 1 or there > C.LAYOUT then return answer(C.MIGRATION_UNKNOWN, call('GET', schema)) end
if there == C.LAYOUT and call('EXISTS', state) == 0 then return answer(C.MIGRATION_DONE, there) end

local names = living()
if names ~= '' then return answer(C.MIGRATION_LIVING, names) end
local holder = call('GET', lock)
if holder and holder ~= me then return answer(C.MIGRATION_LOCKED, match(holder, '^(.*)/')) end
call('SET', lock, me, 'PX', ARGV[C.MIGRATE_TTL])

if there < C.LAYOUT then
  -- One that an older propsd began, and did not end, stands.
  if call('EXISTS', state) == 0 then call('HSET', state, 'layout', there) end
  call('HSET', state, 'since', now_ms())
  call('SET', schema, C.LAYOUT)
  return answer(C.MIGRATION_RAISED, there)
end
local head = call('HMGET', state, 'layout', 'cursor', 'since')
local layout = tonumber(head[1])
if now_ms() < tonumber(head[3]) + C.MIGRATE_SETTLE_MS then return answer(C.MIGRATION_RAISED, layout) end
local cursor = steps[layout](head[2] or '')
if not cursor then
  layout = layout + 1
  if layout == C.LAYOUT then
    call('DEL', state, lock)
    return answer(C.MIGRATION_DONE, layout)
  end
end
call('HSET', state, 'layout', layout, 'cursor', cursor or '')
return answer(C.MIGRATION_MORE, layout)
