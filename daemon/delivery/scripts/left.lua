-- What is left of the input streams. ARGV: prefix, group, stream keys. Reply: {entries read and not acknowledged, streams
-- with entries that nobody has read}. Asked rather than computed from ids: the tail of a stream may have been deleted.
local pending, unread = 0, 0
for s = C.LEFT_STREAMS, #ARGV do
  local groups = redis.pcall('XINFO', 'GROUPS', ARGV[s])
  for _, info in ipairs(groups.err and {} or groups) do
    local group = {}
    for n = 1, #info, 2 do group[info[n]] = info[n + 1] end
    if group.name == ARGV[C.LEFT_GROUP] then
      pending = pending + group.pending
      local next = call('XRANGE', ARGV[s], '(' .. group['last-delivered-id'], '+', 'COUNT', 1)
      if #next > 0 then unread = unread + 1 end
    end
  end
end
return {[C.LEFT_OUT_PENDING] = pending, [C.LEFT_OUT_UNREAD] = unread}
