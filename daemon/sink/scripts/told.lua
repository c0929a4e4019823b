-- What a sink notes of a player, for all instances: what it told, and what stands. ARGV: see contract.h.
local key = ARGV[C.ARG_PREFIX] .. 'sink:' .. ARGV[C.ARG_SINK] .. ':told:' .. ARGV[C.TOLD_DATE]
redis.call('HSET', key, ARGV[C.TOLD_PLAYER], ARGV[C.TOLD_TEXT])
redis.call('EXPIRE', key, C.TOLD_KEPT_S)
return 1
