-- Settled entries off the input streams, never one that any group still needs. ARGV: prefix, cutoff id, stream keys.
for s = 3, #ARGV do
  local stream, least = ARGV[s], ARGV[2]
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  for _, info in ipairs(groups.err and {} or groups) do
    local group = {}
    for n = 1, #info, 2 do group[info[n]] = info[n + 1] end
    local needed = group['last-delivered-id']
    if group.pending > 0 then needed = call('XPENDING', stream, group.name)[2] end
    if order_key(needed) < order_key(least) then least = needed end
  end
  if not groups.err then call('XTRIM', stream, 'MINID', '~', least) end
end
return 1
