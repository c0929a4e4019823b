-- Runs that a mute has kept back become entries of `regenerate`, unless the order stands (again): a mark goes as its entry
-- comes, so whoever dies meanwhile, each run is owed exactly once. ARGV: prefix, regenerate stream, order, how many at most.
-- Reply: {order, marks that are left, entries added}
local stream, order = ARGV[C.UNMUTE_STREAM], ARGV[C.UNMUTE_ORDER]
local marks, left, added = P .. 'muted:' .. order, 0, 0

-- "UNTIL_MS ..."; one that has ended may not be deleted yet.
local function stands(text)
  local until_ms = text and tonumber(match(text, '^%d+')) or 0
  return text and (until_ms == 0 or until_ms > now_ms())
end

-- Nothing is owed where another run has covered the need, or the date is kept no more. Where one has covered precompute's,
-- its output is owed a report: the need that would have followed it was kept back with it.
local function owe(date, player)
  local report = date .. '/' .. player
  local slow = report .. '/' .. C.PHASE_OF_OUTPUT
  local needs = call('HMGET', marks, report, slow)
  local done = call('HMGET', P .. 'player:' .. date .. ':' .. player, 'c', C.PHASE_OF_OUTPUT .. 'c', 'o')
  local function owed(n) return needs[n] and tonumber(needs[n]) > (tonumber(done[n]) or 0) end
  local output_at = needs[2] and tonumber(match(done[3] or '', '^%d+')) or 0
  if call('EXISTS', P .. 'day:' .. date) == 1 and (owed(1) or owed(2) or output_at > (tonumber(done[1]) or 0)) then
    if owed(2) then call('XADD', stream, '*', 'game_date', date, 'player_lookup', player, 'exact', '1')
    else call('XADD', stream, '*', 'game_date', date, 'player_lookup', player, 'exact', '1', 'phase', 'report') end
    added = added + 1
  end
  call('HDEL', marks, report, slow)
end

if not stands(call('HGET', P .. 'orders', order)) then
  local list = call('HKEYS', marks)
  for n = 1, math.min(#list, tonumber(ARGV[C.UNMUTE_COUNT])) do owe(match(list[n], '^([^/]+)/([^/]+)')) end
  left = call('HLEN', marks)
  if left == 0 then call('HDEL', P .. 'muted', order) end
end
return {[C.UNMUTE_OUT_ORDER] = order, [C.UNMUTE_OUT_LEFT] = left, [C.UNMUTE_OUT_ADDED] = added}
