-- The instance's name, taken only if what stands there is what was seen. ARGV: prefix, name, seen boot ("" = nobody),
-- seen beat counter, time to live in ms, then fields and values. Reply: 1 taken, 0 changed meanwhile.
local key = P .. 'instance:' .. ARGV[C.TAKE_NAME]
local now = call('HMGET', key, 'boot', 'beats')
if (now[1] or '') ~= ARGV[C.TAKE_BOOT] or (now[1] and (now[2] or '') ~= ARGV[C.TAKE_BEATS]) then
  return C.TAKE_CHANGED
end
call('DEL', key)
call('HSET', key, unpack(ARGV, C.TAKE_FIELDS))
call('PEXPIRE', key, ARGV[C.TAKE_TTL])
call('DEL', P .. 'instances') -- all names ever taken: earlier versions kept it, it grew and nothing asked for it
return C.TAKE_TAKEN
