-- The instance's name, taken only if what stands there is what was seen. ARGV: prefix, name, seen boot ("" = nobody),
-- seen beat counter, time to live in ms, then fields and values. Reply: taken, changed
-- meanwhile, or the keys are of another layout now: who asks may have stood still since it looked at that.
local key = P .. 'instance:' .. ARGV[C.TAKE_NAME]
local now = call('HMGET', key, 'boot', 'beats')
if (now[1] or '') ~= ARGV[C.TAKE_BOOT] or (now[1] and (now[2] or '') ~= ARGV[C.TAKE_BEATS]) then
  return C.TAKE_CHANGED
end
if tonumber(call('GET', P .. 'schema')) ~= C.LAYOUT or call('EXISTS', P .. 'migration') == 1 then
  return C.TAKE_LAYOUT
end
call('DEL', key)
call('HSET', key, unpack(ARGV, C.TAKE_FIELDS))
call('PEXPIRE', key, ARGV[C.TAKE_TTL])
return C.TAKE_TAKEN
