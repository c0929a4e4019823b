-- The newest report of a player, and the version that it was committed with: both are of one moment.
local P, date, player = ARGV[C.ARG_PREFIX], ARGV[C.FETCH_DATE], ARGV[C.FETCH_PLAYER]
return {
  [C.FETCH_OUT_REPORT] = redis.call('GET', P .. 'report:' .. date .. ':' .. player),
  [C.FETCH_OUT_VERSION] = redis.call('HGET', P .. 'player:' .. date .. ':' .. player, 'c'),
}
