-- A spelling becomes another name of a player, for all dates; and what stands under it on the dates named moves to him. ARGV:
-- prefix, spelling, player, the value to note, regenerate stream, length of `reports`, dates: date, expiry of its keys (Unix
-- ms). Reply: {answer, the alias in the way, reports withdrawn, facts moved}
-- The version of the aliases rises with it, in one: apply and begin are refused to whoever works by older ones, so from
-- here on nobody writes under the old spelling, and a run that was begun for it has lost its token.
local from, to = ARGV[C.ALIAS_SPELLING], ARGV[C.ALIAS_PLAYER]
local aliases, reports, facts = P .. 'aliases', 0, 0

local all = call('HGETALL', aliases)
for n = 1, #all, 2 do
  local spelling, player = all[n], match(all[n + 1], '^%S+')
  if spelling == from and player ~= to then return {C.ALIAS_TAKEN, player, 0, 0} end
  if spelling == to then return {C.ALIAS_CHAIN, player, 0, 0} end
  if player == from and spelling ~= C.ALIASES_VERSION then return {C.ALIAS_MEANT, spelling, 0, 0} end
end
call('HSET', aliases, from, ARGV[C.ALIAS_TEXT])
call('HINCRBY', aliases, C.ALIASES_VERSION, 1)
for n = C.ALIAS_DATES, #ARGV, C.ALIAS_DATE_SIZE do
  local withdrawn, moved = move_names(ARGV[n + C.ALIAS_DATE_TEXT], ARGV[n + C.ALIAS_DATE_EXPIRES], ARGV[C.ALIAS_STREAM],
    ARGV[C.ALIAS_KEPT], {[from] = to})
  reports, facts = reports + withdrawn, facts + moved
end
return {C.ALIAS_DONE, '', reports, facts}
