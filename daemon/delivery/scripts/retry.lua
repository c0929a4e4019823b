-- A dead letter becomes an entry again. ARGV: prefix, letter's id, date ("" = none known), number of players, their
-- names..., the entry's fields and values as the letter has them...
-- It carries `origin` and so *is* the old entry for order, dedup and expiry; what claimed to be propsd's own and was not
-- goes. Where its stream has the entry no more, as it was trimmed, the letter's fields stand for it.
-- Reply: the new id; false if the letter is gone; how many fields the entry has if it cannot be made again: 0, they are gone,
-- or more than any entry can have, and it would only come back. The entry is there before its letter goes, both in one: a
-- refused XADD leaves the letter.
local letters = call('XRANGE', P .. 'dead', ARGV[C.RETRY_LETTER], ARGV[C.RETRY_LETTER])
if #letters == 0 then return false end
local letter = {}
for n = 1, #letters[1][2], 2 do letter[letters[1][2][n]] = letters[1][2][n + 1] end
local entry = call('XRANGE', letter.stream, letter.id, letter.id)[1]
local behind = C.RETRY_PLAYERS + tonumber(ARGV[C.RETRY_COUNT])
local values = entry and entry[2] or {unpack(ARGV, behind)}
if #values == 0 or #values / 2 > C.ENTRY_FIELDS_MAX then return #values / 2 end
local fields, origin, own = {}, letter.id, is_own(letter.stream, letter.id)
for n = 1, #values, 2 do
  if values[n] == 'origin' then origin = own and values[n + 1] or origin
  elseif values[n] ~= 'league' or own then fields[#fields + 1] = values[n]; fields[#fields + 1] = values[n + 1] end
end
fields[#fields + 1] = 'origin'
fields[#fields + 1] = origin
local id = call('XADD', letter.stream, '*', unpack(fields))
note_own(letter.stream, id)
call('XDEL', P .. 'dead', ARGV[C.RETRY_LETTER])
for n = C.RETRY_PLAYERS, behind - 1 do call('HDEL', P .. 'player:' .. ARGV[C.RETRY_DATE] .. ':' .. ARGV[n], 'a', 'x', 'pa', 'px') end
return id
