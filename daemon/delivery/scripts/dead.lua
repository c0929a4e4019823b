-- Ack and letter in one: two letters, or none, cannot be. ARGV: prefix, group, stream key, id, letters kept, then the
-- letter's fields and values. Reply: the letter's id, or false if the entry was not pending any more.
-- An entry has one letter, also where a group that was made again hands it out a second time.
if call('XACK', ARGV[C.DEAD_STREAM], ARGV[C.DEAD_GROUP], ARGV[C.DEAD_ID]) == 0 then return false end
local buried, entry = P .. 'buried', ARGV[C.DEAD_STREAM] .. ' ' .. ARGV[C.DEAD_ID]
local letter = call('HGET', buried, entry)
if letter and #call('XRANGE', P .. 'dead', letter, letter) > 0 then return letter end
letter = call('XADD', P .. 'dead', 'MAXLEN', '~', ARGV[C.DEAD_COUNT], '*', unpack(ARGV, C.DEAD_FIELDS))
if call('HLEN', buried) > 2 * tonumber(ARGV[C.DEAD_COUNT]) then call('DEL', buried) end
call('HSET', buried, entry, letter)
return letter
