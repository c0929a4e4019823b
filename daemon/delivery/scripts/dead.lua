-- Ack and letter in one: two letters, or none, cannot be. ARGV: prefix, group, stream key, id, letters kept, then the
-- letter's fields and values. Reply: the letter's id, or false if the entry was not pending any more.
if call('XACK', ARGV[3], ARGV[2], ARGV[4]) == 0 then return false end
return call('XADD', P .. 'dead', 'MAXLEN', '~', ARGV[5], '*', unpack(ARGV, 6))
