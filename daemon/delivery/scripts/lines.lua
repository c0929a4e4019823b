-- How a player's lines moved, and what stands. ARGV: prefix, date, player, whether what was recommended is wanted as well. Reply: the
-- changes in `lines:` and the hash of the player, of one moment: what is too old to be kept, or of before they were, stands in the
-- hash alone; then what was given, the last report before tip-off where it is not the last of all, and that.
local of = ARGV[C.ARG_DATE] .. ':' .. ARGV[C.LINES_PLAYER]
local whole = ARGV[C.LINES_REPORTS] == C.LINES_WITH_REPORTS
return {[C.LINES_OUT_CHANGES] = call('GET', P .. 'lines:' .. of) or '',
  [C.LINES_OUT_FIELDS] = call('HGETALL', P .. 'player:' .. of),
  [C.LINES_OUT_GIVEN] = whole and call('GET', P .. 'given:' .. of),
  [C.LINES_OUT_TIPOFF] = whole and call('GET', P .. 'tipoff:' .. of),
  [C.LINES_OUT_REPORT] = whole and call('GET', P .. 'report:' .. of)}
