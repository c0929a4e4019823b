-- Reports into place, each only while its run token stands. ARGV: prefix, date, expiry (Unix ms), length of `reports`,
-- what they were made by, items: player, holder/serial, version, game, report, whether failed or lost runs are on record
-- (C.RECORD_SOME), traceparent or ''. Reply: an item each, taken or refused, with c.
local D, expires, kept = ARGV[C.ARG_DATE], ARGV[C.COMMIT_EXPIRES], ARGV[C.COMMIT_KEPT]
local running, reports = P .. 'running', P .. 'reports'
local fields, drop, out = {}, {}, {}
for i = C.COMMIT_ITEMS, #ARGV, C.COMMIT_ITEM_SIZE do
  fields[#fields + 1] = D .. '/' .. ARGV[i + C.COMMIT_ITEM_PLAYER]
end
call('HDEL', running, '')                           -- the first write, see begin
local tokens = call('HMGET', running, unpack(fields))

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
    call('HSET', pk, 'c', version, C.FIELD_OF_MODEL, ARGV[C.COMMIT_MODEL])
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
