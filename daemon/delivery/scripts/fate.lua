-- What became of an entry. ARGV: prefix, group, stream key, id. Reply: false while it is not settled; else a list, empty
-- or with the dead letter's `reason`, `error`, `players`. Ids of entries and of letters need not be of one clock: `buried`
-- knows the letter.
local groups, read = redis.pcall('XINFO', 'GROUPS', ARGV[3]), false
for _, info in ipairs(groups.err and {} or groups) do
  local group = {}
  for n = 1, #info, 2 do group[info[n]] = info[n + 1] end
  if group.name == ARGV[2] then read = order_key(group['last-delivered-id']) >= order_key(ARGV[4]) end
end
if not read or #call('XPENDING', ARGV[3], ARGV[2], ARGV[4], ARGV[4], 1) > 0 then return false end
local number = call('HGET', P .. 'buried', ARGV[3] .. ' ' .. ARGV[4])
local letter = number and call('XRANGE', P .. 'dead', number, number)[1]
if not letter then return {} end
local fields = {}
for n = 1, #letter[2], 2 do fields[letter[2][n]] = letter[2][n + 1] end
return {fields.reason or '', fields.error or '', fields.players or ''}
