-- Settled entries off the input streams, never one that any group still needs. ARGV: prefix, group, cutoff id, stream keys.
-- Where our own group is gone nothing is trimmed: made again, it will need everything.
for s = 4, #ARGV do
  local stream, least, ours = ARGV[s], ARGV[3], false
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  for _, info in ipairs(groups.err and {} or groups) do
    local group = {}
    for n = 1, #info, 2 do group[info[n]] = info[n + 1] end
    ours = ours or group.name == ARGV[2]
    local needed = group['last-delivered-id']
    if group.pending > 0 then needed = call('XPENDING', stream, group.name)[2] end
    if order_key(needed) < order_key(least) then least = needed end
  end
  if ours then call('XTRIM', stream, 'MINID', '~', least) end
end
return 1
