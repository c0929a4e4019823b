-- What became of an entry. ARGV: prefix, group, stream key, id. Reply: false while it is not settled; else a list, empty
-- or with the dead letter's `reason`, `error`, `players`. Ids of entries and of letters need not be of one clock: `buried`
-- knows the letter.
local id = ARGV[C.FATE_ID]
local groups, read = redis.pcall('XINFO', 'GROUPS', ARGV[C.FATE_STREAM]), false
for _, info in ipairs(groups.err and {} or groups) do
  local group = {}
  for n = 1, #info, 2 do group[info[n]] = info[n + 1] end
  if group.name == ARGV[C.FATE_GROUP] then read = order_key(group['last-delivered-id']) >= order_key(id) end
end
if not read or #call('XPENDING', ARGV[C.FATE_STREAM], ARGV[C.FATE_GROUP], id, id, 1) > 0 then return false end
local number = call('HGET', P .. 'buried', ARGV[C.FATE_STREAM] .. ' ' .. id)
local letter = number and call('XRANGE', P .. 'dead', number, number)[1]
if not letter then return {} end
local fields = {}
for n = 1, #letter[2], 2 do fields[letter[2][n]] = letter[2][n + 1] end
return {[C.FATE_OUT_REASON] = fields.reason or '', [C.FATE_OUT_ERROR] = fields.error or '',
  [C.FATE_OUT_PLAYERS] = fields.players or ''}
