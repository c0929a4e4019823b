-- The name given back, if it is still ours: the last thing a drain does. ARGV: prefix, name, boot.
local key = P .. 'instance:' .. ARGV[2]
if call('HGET', key, 'boot') == ARGV[3] then call('DEL', key) end
return 1
