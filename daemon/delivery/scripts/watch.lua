-- What an operator should know of Redis and the streams; reads, and notes what was lost if
-- asked to. ARGV and reply: the contract.
local NODE, GROUPS_MAX = 100, 8                     -- entries of a node, which go together; groups that are told of a stream

-- The second: an id of this run of the server.
local function settings()
  if redis.acl_check_cmd and not redis.acl_check_cmd('INFO', 'server') then return {}, '-' end
  local text = redis.pcall('INFO', 'server', 'memory', 'persistence', 'stats')
  if type(text) ~= 'string' then return {}, '-' end
  local function of(name) return match(text, '\n' .. name .. ':([^\r\n]*)') or '' end
  return {[C.SETTINGS_VERSION] = of('redis_version'), [C.SETTINGS_POLICY] = of('maxmemory_policy'),
    [C.SETTINGS_MAXMEMORY] = of('maxmemory'), [C.SETTINGS_EVICTED] = of('evicted_keys'),
    [C.SETTINGS_FILE] = of('aof_enabled')}, of('run_id')
end

local function newest_letter()
  local letter = call('XREVRANGE', P .. 'dead', '+', '-', 'COUNT', 1)[1]
  if not letter then return {} end
  local fields = {}
  for n = 1, #letter[2], 2 do fields[letter[2][n]] = letter[2][n + 1] end
  return {[C.NEWEST_ID] = letter[1], [C.NEWEST_REASON] = fields.reason or '', [C.NEWEST_FIELD] = fields.field or '',
    [C.NEWEST_STREAM] = fields.stream or ''}
end

local function groups_of(stream)
  local list, groups = redis.pcall('XINFO', 'GROUPS', stream), {}
  for i, info in ipairs(list.err and {} or list) do
    local group = {}
    for n = 1, #info, 2 do group[info[n]] = info[n + 1] end
    groups[i] = group
  end
  return groups
end

local function needed_by(stream, group)
  return order_key(group.pending > 0 and call('XPENDING', stream, group.name)[2] or group['last-delivered-id'])
end

-- Entries that were deleted before the group read them: {in all, newly, when last in ms}. By Redis' count of the group's
-- reads (`entries-read`): what was added, was not read and is not there. That count does not survive a start of Redis, so
-- after one (RUN differs) it only serves anew from where it stands, and what is lost meanwhile shows by its place alone:
-- where nothing was read since the last look, what was added since and is not there.
-- What was told stands in a hash, "TOTAL MS BASE PLACE RUN ID", so that each entry is counted once, by one instance,
-- whoever is restarted. BASE: what the count is off by. PLACE: how many were ever added up to ID, the last read; -1: unknown.
local function lost_of(stream, ours, run)
  local record = call('HGET', P .. 'watch', stream)
  local total, ms, base, place, ran, id = match(record or '0 0 0 -1 - -', '^(%d+) (%d+) (%d+) (%-?%d+) (%S+) (%S+)$')
  total, ms, base, place = tonumber(total), tonumber(ms), tonumber(base), tonumber(place)
  if not ours or not ours.lag then return total, 0, ms end -- somebody deleted single entries: no count is right then
  local read, last, added, unread = ours['entries-read'], ours['last-delivered-id'], nil, nil
  if read and ours.lag == 0 then
    added, unread = read, 0
  else
    local info = call('XINFO', 'STREAM', stream)
    local of = {}
    for n = 1, #info, 2 do of[info[n]] = info[n + 1] end
    added = of['entries-added']
    if not of['last-entry'] or order_key(of['last-entry'][1]) <= order_key(last) then unread = 0
    elseif order_key(of['first-entry'][1]) > order_key(last) then unread = of.length end
  end

  if not record and not read and last == '0-0' then read = 0 end -- nobody has read it yet
  local new, same = 0, run ~= '-' and ran == run or not record and read == 0
  if same and read then
    local missing = added - read - (unread or call('XLEN', stream)) -- with a backlog: at least
    new = math.max(missing - base, 0)
    if unread or new > 0 then base = math.max(missing, 0) end
  else
    if unread and place >= 0 and id == last then new = math.max(added - unread - place, 0) end
    if not unread then run = ran else base = math.max(added - (read or added) - unread, 0) end
  end
  place = unread == 0 and added or (id == last and new == 0 and place or -1)
  local now = new > 0 and now_ms() or ms
  local text = string.format('%.0f %.0f %.0f %.0f %s %s', total + new, now, base, place, run, last)
  if ARGV[C.WATCH_NOTES] ~= '1' then return total + new, 0, now end
  if text ~= record then
    local noted = redis.pcall('HSET', P .. 'watch', stream, text)
    if type(noted) == 'table' and noted.err then return total, 0, ms end -- at the memory limit: told at a later look
  end
  return total + new, new, now
end

local function pinning(stream, groups, ours)
  local out = {}
  if ARGV[C.WATCH_CUTOFF] == '' or not ours then return out end
  local least, cutoff = needed_by(stream, ours), order_key(ARGV[C.WATCH_CUTOFF])
  if cutoff < least then least = cutoff end
  for _, group in ipairs(groups) do
    if group.name ~= ARGV[C.WATCH_GROUP] and #out < GROUPS_MAX and needed_by(stream, group) < least then
      local unread = group.lag or call('XLEN', stream)
      if unread + group.pending > NODE then
        out[#out + 1] = {[C.PINNING_NAME] = group.name, [C.PINNING_UNREAD] = unread, [C.PINNING_PENDING] = group.pending}
      end
    end
  end
  return out
end

local found, run = settings()
local streams = {}
for s = C.WATCH_STREAMS, #ARGV do
  local groups, ours = groups_of(ARGV[s])
  for _, group in ipairs(groups) do if group.name == ARGV[C.WATCH_GROUP] then ours = group end end
  local lost, new, ms = lost_of(ARGV[s], ours, run)
  streams[#streams + 1] = {[C.WATCHED_LOST] = lost, [C.WATCHED_NEW] = new, [C.WATCHED_TIME] = ms,
    [C.WATCHED_GROUPS] = pinning(ARGV[s], groups, ours)}
end
return {[C.WATCH_OUT_SETTINGS] = found, [C.WATCH_OUT_LETTERS] = call('XLEN', P .. 'dead'),
  [C.WATCH_OUT_NEWEST] = newest_letter(), [C.WATCH_OUT_STREAMS] = streams}
