-- How the whole fleet stands, in a few counts. ARGV: prefix, group, stream keys. Reads, and costs the same however much
-- there is. Reply: the time, dead letters, living instances, then of each stream the last id that was read, how many are
-- pending, the first of these, how many are unread.
local fleet, names = {}, {}
local streams = {}
for s = C.GLANCE_STREAMS, #ARGV do
  -- XINFO STREAM would know the last id, and bring the first and the last entry with it, which may be megabytes.
  local out = {[C.GLANCED_LAST] = '0-0', [C.GLANCED_PENDING] = 0, [C.GLANCED_OLDEST] = '', [C.GLANCED_UNREAD] = -1}
  local groups = redis.pcall('XINFO', 'GROUPS', ARGV[s])
  for _, group in ipairs(groups.err and {} or groups) do
    local known = {}
    for n = 1, #group, 2 do known[group[n]] = group[n + 1] end
    if known.name == ARGV[C.GLANCE_GROUP] then
      out[C.GLANCED_LAST] = known['last-delivered-id']
      out[C.GLANCED_PENDING], out[C.GLANCED_UNREAD] = known.pending, known.lag or -1
      if known.pending > 0 then out[C.GLANCED_OLDEST] = call('XPENDING', ARGV[s], ARGV[C.GLANCE_GROUP])[2] end
      for _, consumer in ipairs(call('XINFO', 'CONSUMERS', ARGV[s], ARGV[C.GLANCE_GROUP])) do names[consumer[2]] = true end
    end
  end
  streams[#streams + 1] = out
end
for name in pairs(names) do
  if #fleet < C.GLANCE_FLEET_MAX and call('EXISTS', P .. 'instance:' .. name) == 1 then fleet[#fleet + 1] = name end
end
table.sort(fleet)
return {[C.GLANCE_OUT_TIME] = now_ms(), [C.GLANCE_OUT_LETTERS] = call('XLEN', P .. 'dead'), [C.GLANCE_OUT_FLEET] = fleet,
  [C.GLANCE_OUT_STREAMS] = streams}
