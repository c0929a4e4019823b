-- All keys of a date expire together; a piece of them a call, as there may be thousands. ARGV: prefix, date, expiry
-- (Unix ms), where to go on: a game, and the place in it, as the last piece's reply has them; '' at first. Reply: the same
-- for the next piece; '' instead of the game when all are through.
local expires, from, cursor = ARGV[C.TOUCH_EXPIRES], ARGV[C.TOUCH_GAME], ARGV[C.TOUCH_CURSOR]
local day, all = P .. 'day:' .. ARGV[C.ARG_DATE], P .. 'games:' .. ARGV[C.ARG_DATE]
local games, left = call('SMEMBERS', all), C.TOUCH_PLAYERS
table.sort(games)

for _, game in ipairs(games) do
  local done = P .. 'done:' .. game
  if game ~= from then cursor = '0' end
  while game >= from and cursor do
    if left <= 0 then return {[C.TOUCH_OUT_GAME] = game, [C.TOUCH_OUT_CURSOR] = cursor} end
    local part = call('HSCAN', done, cursor, 'COUNT', left)
    cursor = part[1] ~= '0' and part[1] or nil
    for n = 1, #part[2], 2 do
      for _, kind in ipairs({'player:', 'pre:', 'report:'}) do
        call('PEXPIREAT', P .. kind .. ARGV[C.ARG_DATE] .. ':' .. part[2][n], expires)
      end
      left = left - 1
    end
    if not cursor then
      call('PEXPIREAT', done, expires)
      call('PEXPIREAT', P .. 'game:' .. game, expires)
    end
  end
end
call('PEXPIREAT', day, expires)
call('PEXPIREAT', all, expires)
return {[C.TOUCH_OUT_GAME] = '', [C.TOUCH_OUT_CURSOR] = ''}
