-- The instance's name, taken only if what stands there is what was seen. ARGV: prefix, name, seen boot ("" = nobody),
-- seen beat counter, time to live in ms, then fields and values. Reply: 1 taken, 0 changed meanwhile.
local key = P .. 'instance:' .. ARGV[2]
local now = call('HMGET', key, 'boot', 'beats')
if (now[1] or '') ~= ARGV[3] or (now[1] and (now[2] or '') ~= ARGV[4]) then return 0 end
call('DEL', key)
call('HSET', key, unpack(ARGV, 6))
call('PEXPIRE', key, ARGV[5])
call('DEL', P .. 'instances') -- all names ever taken: earlier versions kept it, it grew and nothing asked for it
return 1
