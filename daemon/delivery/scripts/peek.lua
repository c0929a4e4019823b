-- What begin would give for a run now, whether one is needed or not: for jobs aside, of which nothing is committed. Writes
-- nothing, needs and gives no token. ARGV and reply are begin's; each item is answered by RUN, with attempt 1, or all by SLATE.
if dsv ~= sv then return ask_again() end
return answer(function(n)
  local at = items[n]
  local player, phase = ARGV[at + C.BEGIN_ITEM_PLAYER], ARGV[at + C.BEGIN_ITEM_PHASE]
  local pk = P .. 'player:' .. D .. ':' .. player
  local known = call('HMGET', pk, 'g', 'o')
  local place, output, bytes, to_make = place_of(at, known[1]), known[2], false, false
  if ARGV[C.BEGIN_STREAM] ~= '' and phase ~= C.PHASE_OF_OUTPUT then
    bytes, to_make = output_of(at, player, output, place)
    if to_make then output, bytes = C.NO_OUTPUT, false end
  end
  return {[C.OUT_VERDICT] = RUN, [C.OUT_VERSION] = V, [C.OUT_LOST] = 0, [C.OUT_ATTEMPT] = 1,
    [C.OUT_GAME] = game_hash(id_of_game(place.game)), [C.OUT_PLAYER] = call('HGETALL', pk),
    [C.OUT_TEAM] = place.of_team or false, [C.OUT_OUTPUT] = output or false, [C.OUT_BYTES] = bytes,
    [C.OUT_PREVIOUS] = previous_of(at, player, output, place)}
end)
