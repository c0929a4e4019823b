-- How a player's lines moved, and what stands. ARGV: prefix, date, player. Reply: the changes in `lines:`, the hash of the player,
-- of one moment: what is too old to be kept, or of before they were, stands in the hash alone.
local of = ARGV[C.ARG_DATE] .. ':' .. ARGV[C.LINES_PLAYER]
return {[C.LINES_OUT_CHANGES] = call('GET', P .. 'lines:' .. of) or '',
  [C.LINES_OUT_FIELDS] = call('HGETALL', P .. 'player:' .. of)}
