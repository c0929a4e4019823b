-- Entries of a stream that are not settled, oldest first. ARGV: prefix, group, stream key, the id to go on behind, whether
-- those that nobody has read are asked for or those that are pending, how many. Reads. Reply: as XRANGE gives them.
local stream, group, after, count = ARGV[C.OPEN_STREAM], ARGV[C.OPEN_GROUP], ARGV[C.OPEN_AFTER], ARGV[C.OPEN_COUNT]
if ARGV[C.OPEN_UNREAD] == '1' then
  if after ~= '' then return call('XRANGE', stream, '(' .. after, '+', 'COUNT', count) end
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  for _, info in ipairs(groups.err and {} or groups) do
    local known = {}
    for n = 1, #info, 2 do known[info[n]] = info[n + 1] end
    if known.name == group then return call('XRANGE', stream, '(' .. known['last-delivered-id'], '+', 'COUNT', count) end
  end
  return {}
end
local pending = redis.pcall('XPENDING', stream, group, after == '' and '-' or '(' .. after, '+', count)
local out = {}
for _, info in ipairs(pending.err and {} or pending) do
  out[#out + 1] = call('XRANGE', stream, info[1], info[1])[1] or {info[1], {}}
end
return out
