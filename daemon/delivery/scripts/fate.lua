-- What became of an entry. ARGV: prefix, group, stream key, id. Reply: false while it is not settled; else a list, empty
-- or with the dead letter's `reason`, `error`, `players`. A letter is younger than its entry, by the same clock.
local groups, read = redis.pcall('XINFO', 'GROUPS', ARGV[3]), false
for _, info in ipairs(groups.err and {} or groups) do
  local group = {}
  for n = 1, #info, 2 do group[info[n]] = info[n + 1] end
  if group.name == ARGV[2] then read = order_key(group['last-delivered-id']) >= order_key(ARGV[4]) end
end
if not read or #call('XPENDING', ARGV[3], ARGV[2], ARGV[4], ARGV[4], 1) > 0 then return false end
for _, letter in ipairs(call('XRANGE', P .. 'dead', ARGV[4], '+', 'COUNT', 10000)) do
  local fields = {}
  for n = 1, #letter[2], 2 do fields[letter[2][n]] = letter[2][n + 1] end
  if fields.stream == ARGV[3] and fields.id == ARGV[4] then
    return {fields.reason or '', fields.error or '', fields.players or ''}
  end
end
return {}
