-- A spelling is no other name of anybody any more: events that come from here on mean whoever bears it. What has moved
-- stays. ARGV: prefix, spelling. Reply: whom it meant, or false.
local aliases = P .. 'aliases'
local text = call('HGET', aliases, ARGV[C.UNALIAS_SPELLING])
if not text then return false end
call('HDEL', aliases, ARGV[C.UNALIAS_SPELLING])
call('HINCRBY', aliases, C.ALIASES_VERSION, 1)
return match(text, '^%S+')
