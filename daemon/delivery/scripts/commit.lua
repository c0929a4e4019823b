-- Reports into place, each only while its run token stands. ARGV: prefix, date, expiry (Unix ms), length of `reports`,
-- what they were made by, items: player, holder/serial, version, game, report, whether failed or lost runs are on record
-- (C.RECORD_SOME), traceparent or '', tip-off if that is over or '', what it recommends if
-- that is new or ''. Reply: an item each, taken or refused, with c.
local D, expires, kept = ARGV[C.ARG_DATE], ARGV[C.COMMIT_EXPIRES], ARGV[C.COMMIT_KEPT]
local running, reports = P .. 'running', P .. 'reports'
local fields, drop, out = {}, {}, {}
for i = C.COMMIT_ITEMS, #ARGV, C.COMMIT_ITEM_SIZE do
  fields[#fields + 1] = D .. '/' .. ARGV[i + C.COMMIT_ITEM_PLAYER]
end
call('HDEL', running, '')                           -- the first write, see begin
local tokens = call('HMGET', running, unpack(fields))

-- The report that stands was the last before tip-off, if it was made before that and this is the first one since: it stays, for
-- whoever looks back. `t`: of which tip-off this was looked at. (Whole seconds are compared: the one has fractions.)
local function keep_last(player, pk, tip)
  if call('HGET', pk, 't') ~= tip then
    local report = call('GET', P .. 'report:' .. D .. ':' .. player)
    local made = report and match(report, '"generated_at":"([^"]+)"')
    call('HSET', pk, 't', tip)
    if made and sub(made, 1, 19) < sub(tip, 1, 19) then
      call('SET', P .. 'tipoff:' .. D .. ':' .. player, report, 'PXAT', expires)
    end
  end
end

-- What was ever recommended, each as it was first: a line "MS VERSION LINE OVER UNDER P SIDE MARKET BOOK". Behind the last report
-- before a tip-off that is over it came too late; behind one of a tip-off that was put off it did not.
local function note_given(player, version, tip, given)
  if tip ~= '' and call('EXISTS', P .. 'tipoff:' .. D .. ':' .. player) == 1 then return end
  local key, new = P .. 'given:' .. D .. ':' .. player, {}
  local known = call('GET', key) or ''
  for what, whom in string.gmatch(given, '(%S+ %S+ %S+ %S+)( [^\n]+\n)') do
    if not find(known, whom, 1, true) then new[#new + 1] = now_ms() .. ' ' .. version .. ' ' .. what .. whom end
  end
  if new[1] and #known < C.GIVEN_BYTES then call('SET', key, known .. table.concat(new), 'PXAT', expires) end
end

for n = 1, #fields do
  local i = C.COMMIT_ITEMS + C.COMMIT_ITEM_SIZE * (n - 1)
  local player, version = ARGV[i + C.COMMIT_ITEM_PLAYER], ARGV[i + C.COMMIT_ITEM_VERSION]
  local pk = P .. 'player:' .. D .. ':' .. player
  if tokens[n] ~= ARGV[i + C.COMMIT_ITEM_TOKEN] .. ' ' .. version then
    local c = tonumber(call('HGET', pk, 'c')) or 0
    out[n] = {[C.COMMIT_OUT_ANSWER] = C.COMMIT_REFUSED, [C.COMMIT_OUT_COMMITTED] = c}
  else
    drop[#drop + 1] = fields[n]
    if ARGV[i + C.COMMIT_ITEM_RECORD] ~= C.RECORD_NONE then call('HDEL', pk, 'a', 'x') end
    local tip, given = ARGV[i + C.COMMIT_ITEM_TIP], ARGV[i + C.COMMIT_ITEM_GIVEN]
    if tip ~= '' then keep_last(player, pk, tip) end
    if given ~= '' then note_given(player, version, tip, given) end
    call('HSET', pk, 'c', version, C.FIELD_OF_MODEL, ARGV[C.COMMIT_MODEL] .. ' ' .. version)
    call('PEXPIREAT', pk, expires)                  -- it may be new: a regenerate of his team leaves no field of his own
    call('SET', P .. 'report:' .. D .. ':' .. player, ARGV[i + C.COMMIT_ITEM_REPORT], 'PXAT', expires)
    local notice = {'player_lookup', player, 'game_date', D, 'game_id', ARGV[i + C.COMMIT_ITEM_GAME], 'version', version,
      'run', ARGV[i + C.COMMIT_ITEM_TOKEN]}
    local trace = ARGV[i + C.COMMIT_ITEM_TRACE]
    if trace ~= '' then notice[#notice + 1], notice[#notice + 2] = 'traceparent', trace end
    call('XADD', reports, 'MAXLEN', '~', kept, '*', unpack(notice))
    out[n] = {C.COMMIT_TAKEN}
  end
end
if #drop > 0 then call('HDEL', running, unpack(drop)) end
return out
