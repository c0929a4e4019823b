-- All keys of a date expire together; a piece of them a call, as there may be thousands. ARGV: prefix, date, expiry
-- (Unix ms), where to go on: a game, and the part of its players, as the last piece's reply has them; '' at first. Reply: the
-- same for the next piece; '' instead of the game when all are through.
-- A part is "NUMBER OF-SO-MANY": which one a player is in follows from the letters of his name, so that it does not matter
-- who is added meanwhile (with an expiry of his own), or in what order Redis lists them.
local expires, from, part = ARGV[C.TOUCH_EXPIRES], ARGV[C.TOUCH_GAME], ARGV[C.TOUCH_PART]
local day, all = P .. 'day:' .. ARGV[C.ARG_DATE], P .. 'games:' .. ARGV[C.ARG_DATE]
local games, left = call('SMEMBERS', all), C.TOUCH_PLAYERS
table.sort(games)

local function part_of(player, parts)
  return (byte(player, -1) + 7 * (byte(player, -2) or 0) + 61 * (byte(player, -3) or 0)) % parts
end

for _, game in ipairs(games) do
  local done, at, parts = P .. 'done:' .. game, 0, nil
  if game == from then at, parts = match(part, '^(%d+) (%d+)$') end
  parts = tonumber(parts) or math.ceil((call('HLEN', done) + 1) / C.TOUCH_PLAYERS)
  at = game >= from and tonumber(at) or parts
  while at < parts do
    if left <= 0 then return {[C.TOUCH_OUT_GAME] = game, [C.TOUCH_OUT_PART] = at .. ' ' .. parts} end
    for _, player in ipairs(call('HKEYS', done)) do
      if part_of(player, parts) == at then
        for _, kind in ipairs({'player:', 'pre:', 'report:', 'lines:', 'given:', 'tipoff:'}) do
          call('PEXPIREAT', P .. kind .. ARGV[C.ARG_DATE] .. ':' .. player, expires)
        end
        left = left - 1
      end
    end
    left, at = left - 1, at + 1
    if at == parts then
      call('PEXPIREAT', done, expires)
      call('PEXPIREAT', P .. 'game:' .. game, expires)
    end
  end
end
call('PEXPIREAT', day, expires)
call('PEXPIREAT', all, expires)
return {[C.TOUCH_OUT_GAME] = '', [C.TOUCH_OUT_PART] = ''}
