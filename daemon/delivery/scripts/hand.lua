-- Entries of a date that one instance cannot serve, to one that can: the first waits for the date's league, the other has it.
-- ARGV: prefix, date, group, name and boot of the first, name of the other, stream, ids. Reply: of each whether it is the
-- other's now. None is where the first has lost its heartbeat, so that somebody may have claimed them, or where the other is
-- gone or has another league by now; one that is no more in its stream stays, as XCLAIM would drop it from the pending list.
local name, to = ARGV[C.HAND_NAME], P .. 'instance:' .. ARGV[C.HAND_TO]
local stream, out, ids = ARGV[C.HAND_STREAM], {}, {}
for i = C.HAND_ITEMS, #ARGV do out[#out + 1] = 0 end
local league, his = call('HGET', P .. 'day:' .. ARGV[C.ARG_DATE], 'league'), call('HGET', to, 'league')
if not league or not his or call('HGET', P .. 'instance:' .. name, 'boot') ~= ARGV[C.HAND_BOOT] then return out end
if not same_league(select(3, split(league)), his) then return out end
for i = C.HAND_ITEMS, #ARGV do
  if #call('XRANGE', stream, ARGV[i], ARGV[i]) > 0 then
    ids[#ids + 1] = ARGV[i]
    out[i - C.HAND_ITEMS + 1] = 1
  end
end
if #ids == 0 then return out end
call('HINCRBY', to, 'handed', 1)                    -- his next beat tells him
ids[#ids + 1] = 'JUSTID'
call('XCLAIM', stream, ARGV[C.HAND_GROUP], ARGV[C.HAND_TO], 0, unpack(ids))
return out
