-- All keys of a date expire together. ARGV: prefix, date, expiry (Unix ms).
local day, games = P .. 'day:' .. ARGV[C.ARG_DATE], P .. 'games:' .. ARGV[C.ARG_DATE]
for _, game in ipairs(call('SMEMBERS', games)) do
  local done = P .. 'done:' .. game
  for _, player in ipairs(call('HKEYS', done)) do
    call('PEXPIREAT', P .. 'player:' .. ARGV[C.ARG_DATE] .. ':' .. player, ARGV[C.TOUCH_EXPIRES])
    call('PEXPIREAT', P .. 'pre:' .. ARGV[C.ARG_DATE] .. ':' .. player, ARGV[C.TOUCH_EXPIRES])
    call('PEXPIREAT', P .. 'report:' .. ARGV[C.ARG_DATE] .. ':' .. player, ARGV[C.TOUCH_EXPIRES])
  end
  call('PEXPIREAT', done, ARGV[C.TOUCH_EXPIRES])
  call('PEXPIREAT', P .. 'game:' .. game, ARGV[C.TOUCH_EXPIRES])
end
call('PEXPIREAT', day, ARGV[C.TOUCH_EXPIRES])
call('PEXPIREAT', games, ARGV[C.TOUCH_EXPIRES])
return 1
