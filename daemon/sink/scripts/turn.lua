-- One turn of a sink: acknowledges what is written, looks after the group, hands out what is next, and says how things
-- stand. ARGV: see contract.h. `sink:NAME` counts the full passes over all reports that were ever wanted (`due`) and made
-- (`done`): so who dies in the middle of one leaves it wanted.
local call = redis.call
local P, name, consumer, group = ARGV[C.ARG_PREFIX], ARGV[C.ARG_SINK], ARGV[C.ARG_CONSUMER], ARGV[C.TURN_GROUP]
local reports, own = P .. 'reports', P .. 'sink:' .. name
local entries, cursor, lost = {}, '', 0

local function owe() call('HINCRBY', own, 'due', 1) end

local function members(list)
  local t = {}
  for n = 1, #list, 2 do t[list[n]] = list[n + 1] end
  return t
end

-- Whether stream id a is the smaller. As texts behind their lengths: Lua's numbers end at 2^53.
local function less(a, b)
  local am, as = string.match(a, '^(%d+)%-(%d+)$')
  local bm, bs = string.match(b, '^(%d+)%-(%d+)$')
  if am ~= bm then return #am < #bm or (#am == #bm and am < bm) end
  return #as < #bs or (#as == #bs and as < bs)
end

local function find()
  local groups = redis.pcall('XINFO', 'GROUPS', reports)
  for _, row in ipairs(groups.err and {} or groups) do
    local info = members(row)
    if info.name == group then return info end
  end
end

-- An entry that was trimmed away while it was pending names nobody any more: all are looked at.
local function hand_out(list)
  for _, entry in ipairs(list) do
    if entry[2] then
      entries[#entries + 1] = entry
    else
      owe()
      call('XACK', reports, group, entry[1])
    end
  end
  return #list
end

if #ARGV >= C.TURN_ACKS then call('XACK', reports, group, unpack(ARGV, C.TURN_ACKS)) end

-- Each write that owes a pass comes before what makes it needed no more to be seen.
if ARGV[C.TURN_TARGET] ~= '' and call('HGET', own, 'target') ~= ARGV[C.TURN_TARGET] then
  owe()
  call('HSET', own, 'target', ARGV[C.TURN_TARGET])
end
local info = find()
if not info then
  owe()
  call('XGROUP', 'CREATE', reports, group, '$', 'MKSTREAM')
  info = find()
end

-- What was trimmed is not counted: the last one delivered is either there or before the first that is.
local stream = members(call('XINFO', 'STREAM', reports))
local last, first = stream['last-generated-id'], stream['first-entry']
local delivered = info['last-delivered-id']
if less(delivered, last) and (stream['entries-added'] or math.huge) > stream.length
  and (not first or less(delivered, first[1])) then
  owe()
  call('XGROUP', 'SETID', reports, group, last) -- the pass is about all of these
  lost = 1
end

local room = tonumber(ARGV[C.TURN_ROOM])
if ARGV[C.TURN_CURSOR] ~= '' then
  local got = call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', C.TURN_PAGE, 'STREAMS', reports, ARGV[C.TURN_CURSOR])
  local list = got and got[1] and got[1][2] or {}
  if hand_out(list) == C.TURN_PAGE then cursor = list[#list][1] end
elseif room > 0 then
  local got = call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', math.min(room, C.TURN_PAGE), 'STREAMS', reports, '>')
  hand_out(got and got[1] and got[1][2] or {})
end

-- Consumers that are gone. One that is there is seen at each turn, also while it waits for what it writes to.
local idle, gone = tonumber(ARGV[C.TURN_IDLE_MS]), tonumber(ARGV[C.TURN_GONE_MS])
for _, row in ipairs(idle > 0 and call('XINFO', 'CONSUMERS', reports, group) or {}) do
  local other = members(row)
  if other.name ~= consumer
    and (other.idle > idle or (other.idle > gone and call('EXISTS', P .. 'instance:' .. other.name) == 0)) then
    if other.pending == 0 then
      call('XGROUP', 'DELCONSUMER', reports, group, other.name)
    elseif room > 0 then
      local ids, have = {}, {}
      for _, pending in ipairs(call('XPENDING', reports, group, '-', '+', C.TURN_PAGE, other.name)) do
        ids[#ids + 1] = pending[1]
      end
      for _, entry in ipairs(call('XCLAIM', reports, group, consumer, 0, unpack(ids))) do
        if entry and entry[2] then
          entries[#entries + 1] = entry
          have[entry[1]] = true
        end
      end
      for _, id in ipairs(ids) do
        if not have[id] then hand_out({{id, false}}) end
      end
    end
  end
end

info = find()
local pending = call('XPENDING', reports, group)
local ours, oldest = 0, pending[2] or ''
for _, row in ipairs(pending[4] or {}) do
  if row[1] == consumer then ours = tonumber(row[2]) end
end
if pending[1] == 0 and less(info['last-delivered-id'], last) then
  local next = call('XRANGE', reports, '(' .. info['last-delivered-id'], '+', 'COUNT', 1)[1]
  oldest = next and next[1] or ''
end
local time, counts = call('TIME'), call('HMGET', own, 'due', 'done')
return {
  [C.TURN_OUT_ENTRIES] = entries,
  [C.TURN_OUT_CURSOR] = cursor,
  [C.TURN_OUT_LAST] = last,
  [C.TURN_OUT_OWN] = ours,
  [C.TURN_OUT_PENDING] = pending[1],
  [C.TURN_OUT_LAG] = info.lag or -1,
  [C.TURN_OUT_OLDEST] = oldest,
  [C.TURN_OUT_NOW] = time[1] * 1000 + math.floor(time[2] / 1000),
  [C.TURN_OUT_DUE] = tonumber(counts[1]) or 0,
  [C.TURN_OUT_DONE] = tonumber(counts[2]) or 0,
  [C.TURN_OUT_LOST] = lost,
}
