-- When each book was last heard of a date, by whichever instance. ARGV: prefix, date, expiry of the date's keys (Unix ms), the
-- least pause that parts one stir from the next (ms), items: book, when its first and its last quote since the last call
-- came (Unix ms), the longest pause between them and how many parted stirs, their games ("LAL_GSW ..."). A field is "LAST LONGEST STIRS GAMES": its last quote, the longest pause
-- before one, how often it began to speak after a pause.
-- Reply: the time, the hash.
local key = P .. 'books:' .. ARGV[C.ARG_DATE]
for i = C.BOOKS_ITEMS, #ARGV, C.BOOKS_ITEM_SIZE do
  local book, first, newest = ARGV[i + C.BOOKS_ITEM_BOOK], tonumber(ARGV[i + C.BOOKS_ITEM_FIRST]), tonumber(ARGV[i + C.BOOKS_ITEM_LAST])
  local last, longest, stirs, games = match(call('HGET', key, book) or '0 0 0 ', '^(%d+) (%d+) (%d+) ?(.*)$')
  last, longest, stirs = tonumber(last), tonumber(longest), tonumber(stirs)
  local pause = last > 0 and first - last or 0
  if last == 0 or pause >= tonumber(ARGV[C.BOOKS_PAUSE]) then stirs = stirs + 1 end
  stirs = stirs + ARGV[i + C.BOOKS_ITEM_STIRS]
  longest = math.max(longest, pause, ARGV[i + C.BOOKS_ITEM_LONGEST])
  for game in string.gmatch(ARGV[i + C.BOOKS_ITEM_GAMES], '%S+') do
    if not find(games, game, 1, true) and #games < C.BOOKS_GAMES_BYTES then games = games .. (games == '' and '' or ' ') .. game end
  end
  if last > 0 or call('HLEN', key) < C.BOOKS_MOST then
    call('HSET', key, book, string.format('%.0f %.0f %d %s', math.max(last, newest), longest, stirs, games))
    call('PEXPIREAT', key, ARGV[C.BOOKS_EXPIRES])
  end
end
return {[C.BOOKS_OUT_TIME] = now_ms(), [C.BOOKS_OUT_BOOKS] = call('HGETALL', key)}
