-- The name given back, if it is still ours: the last thing a drain does. ARGV: prefix, name, boot.
local key = P .. 'instance:' .. ARGV[C.LEAVE_NAME]
if call('HGET', key, 'boot') == ARGV[C.LEAVE_BOOT] then call('DEL', key) end
return 1
