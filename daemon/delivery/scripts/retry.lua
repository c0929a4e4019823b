-- A dead letter becomes an entry again. ARGV: prefix, letter's id, date ("" = none known), players' names...
-- It carries `origin` and so *is* the old entry for order, dedup and expiry; what claimed to be propsd's own and was not
-- goes. Reply: the new id, or false if the letter or the entry's fields are gone, or their number where there are more than
-- any entry can have: it would only come back.
local letters = call('XRANGE', P .. 'dead', ARGV[C.RETRY_LETTER], ARGV[C.RETRY_LETTER])
if #letters == 0 then return false end
local letter = {}
for n = 1, #letters[1][2], 2 do letter[letters[1][2][n]] = letters[1][2][n + 1] end
local entry = call('XRANGE', letter.stream, letter.id, letter.id)[1]
if not entry then return false end
if #entry[2] / 2 > C.ENTRY_FIELDS_MAX then return #entry[2] / 2 end
local fields, origin, own = {}, letter.id, is_own(letter.stream, letter.id)
for n = 1, #entry[2], 2 do
  if entry[2][n] == 'origin' then origin = own and entry[2][n + 1] or origin
  elseif entry[2][n] ~= 'league' or own then fields[#fields + 1] = entry[2][n]; fields[#fields + 1] = entry[2][n + 1] end
end
fields[#fields + 1] = 'origin'
fields[#fields + 1] = origin
local id = call('XADD', letter.stream, '*', unpack(fields))
note_own(letter.stream, id)
call('XDEL', P .. 'dead', ARGV[C.RETRY_LETTER])
for n = C.RETRY_PLAYERS, #ARGV do call('HDEL', P .. 'player:' .. ARGV[C.RETRY_DATE] .. ':' .. ARGV[n], 'a', 'x', 'pa', 'px') end
return id
