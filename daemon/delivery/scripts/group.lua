-- The consumer group on every input stream. ARGV: prefix, group, the time (RFC 3339), stream keys. Reply: entries buried as before_mark.
-- Created at 0, not $: what is covered runs nothing, what came between must not be lost. A stream whose ids went back
-- below the highest one applied (deleted, then refilled by explicit low ids) would be taken for old: its entries become
-- dead letters and Redis refuses lower ids from then on.
local buried = 0
for s = 4, #ARGV do
  local stream = ARGV[s]
  local made = redis.pcall('XGROUP', 'CREATE', stream, ARGV[2], '0', 'MKSTREAM')
  if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then return made end
  local mark = call('HGET', P .. 'mark', stream)
  if not made.err and mark then
    local last
    local info = call('XINFO', 'STREAM', stream)
    for n = 1, #info, 2 do if info[n] == 'last-generated-id' then last = info[n + 1] end end
    if order_key(last) < mark then
      local ms_digits = string.byte(mark, 1) - 96
      local id = string.sub(mark, 2, 1 + ms_digits) .. '-' .. string.sub(mark, 3 + ms_digits)
      for _, entry in ipairs(call('XRANGE', stream, '-', '+')) do
        bury(stream, entry[1], 'before_mark',
          'the stream was deleted and refilled with ids below the highest one applied, ' .. id, ARGV[3])
        buried = buried + 1
      end
      call('XSETID', stream, id)
      call('XGROUP', 'SETID', stream, ARGV[2], id)
    end
  end
end
return buried
