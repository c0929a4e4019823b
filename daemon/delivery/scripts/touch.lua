-- All keys of a date expire together. ARGV: prefix, date, expiry (Unix ms).
local day, games = P .. 'day:' .. ARGV[2], P .. 'games:' .. ARGV[2]
for _, game in ipairs(call('SMEMBERS', games)) do
  local done = P .. 'done:' .. game
  for _, player in ipairs(call('HKEYS', done)) do
    call('PEXPIREAT', P .. 'player:' .. ARGV[2] .. ':' .. player, ARGV[3])
    call('PEXPIREAT', P .. 'report:' .. ARGV[2] .. ':' .. player, ARGV[3])
  end
  call('PEXPIREAT', done, ARGV[3])
  call('PEXPIREAT', P .. 'game:' .. game, ARGV[3])
end
call('PEXPIREAT', day, ARGV[3])
call('PEXPIREAT', games, ARGV[3])
return 1
