-- Settled entries off the input streams, never one that any group still needs. ARGV: prefix, group, cutoff id, how many of
-- a stream at most, stream keys. Reply: how many went; call again until it is none. Whole nodes of a stream go, so a few
-- entries stay. Where our own group is gone nothing is trimmed: made again, it will need everything.
local trimmed = 0
for s = C.TRIM_STREAMS, #ARGV do
  local stream, least, ours = ARGV[s], ARGV[C.TRIM_CUTOFF], false
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  for _, info in ipairs(groups.err and {} or groups) do
    local group = {}
    for n = 1, #info, 2 do group[info[n]] = info[n + 1] end
    ours = ours or group.name == ARGV[C.TRIM_GROUP]
    local needed = group['last-delivered-id']
    if group.pending > 0 then needed = call('XPENDING', stream, group.name)[2] end
    if order_key(needed) < order_key(least) then least = needed end
  end
  if ours then
    trimmed = trimmed + call('XTRIM', stream, 'MINID', '~', least, 'LIMIT', ARGV[C.TRIM_COUNT])
    forget_own(stream)
  end
end
return trimmed
