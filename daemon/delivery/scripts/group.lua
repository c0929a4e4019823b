-- The consumer group on every input stream. ARGV: prefix, group, the time (RFC 3339), stream keys. Reply: entries buried as before_mark.
-- Created at 0, not $: what is covered runs nothing, what came between must not be lost. A stream whose ids went back
-- below the highest one applied (deleted, then refilled by explicit low ids) would be taken for old: its entries become
-- dead letters and Redis refuses lower ids from then on.
-- Nothing is written where the group is there: at the memory limit a session must begin, or nothing would be drained.
local function has_group(stream)
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  for _, info in ipairs(groups.err and {} or groups) do
    for n = 1, #info, 2 do if info[n] == 'name' and info[n + 1] == ARGV[C.GROUP_NAME] then return true end end
  end
end

local buried = 0
for s = C.GROUP_STREAMS, #ARGV do
  local stream = ARGV[s]
  local mark = call('HGET', P .. 'mark', stream)
  local made = not has_group(stream)
  if made then call('XGROUP', 'CREATE', stream, ARGV[C.GROUP_NAME], '0', 'MKSTREAM') end
  if made and mark then
    local last
    local info = call('XINFO', 'STREAM', stream)
    for n = 1, #info, 2 do if info[n] == 'last-generated-id' then last = info[n + 1] end end
    if order_key(last) < mark then
      local ms_digits = byte(mark, 1) - C.ORDER_KEY_BASE
      local id = sub(mark, 2, 1 + ms_digits) .. '-' .. sub(mark, 3 + ms_digits)
      for _, entry in ipairs(call('XRANGE', stream, '-', '+')) do
        bury(stream, entry[1], 'before_mark',
          'the stream was deleted and refilled with ids below the highest one applied, ' .. id, ARGV[C.GROUP_TIME])
        buried = buried + 1
      end
      call('XSETID', stream, id)
      call('XGROUP', 'SETID', stream, ARGV[C.GROUP_NAME], id)
    end
  end
end
return buried
