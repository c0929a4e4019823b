-- Reports into place, each only while its run token stands. ARGV: prefix, date, expiry (Unix ms), length of `reports`,
-- items: player, holder/serial, version, game, report, whether failed or lost runs are on record. Reply: an item each, {1} committed or {0, c}.
local D, expires, kept = ARGV[2], ARGV[3], ARGV[4]
local running, reports = P .. 'running', P .. 'reports'
local fields, drop, out = {}, {}, {}
for i = 5, #ARGV, 6 do fields[#fields + 1] = D .. '/' .. ARGV[i] end
call('HDEL', running, '')                           -- the first write, see begin
local tokens = call('HMGET', running, unpack(fields))

for n = 1, #fields do
  local i = n * 6 - 1
  local player, version = ARGV[i], ARGV[i + 2]
  local pk = P .. 'player:' .. D .. ':' .. player
  if tokens[n] ~= ARGV[i + 1] .. ' ' .. version then
    out[n] = {0, tonumber(call('HGET', pk, 'c')) or 0}
  else
    drop[#drop + 1] = fields[n]
    if ARGV[i + 5] == '1' then call('HDEL', pk, 'a', 'x') end
    call('HSET', pk, 'c', version)
    call('PEXPIREAT', pk, expires)                  -- it may be new: a regenerate of his team leaves no field of his own
    call('SET', P .. 'report:' .. D .. ':' .. player, ARGV[i + 4], 'PXAT', expires)
    call('XADD', reports, 'MAXLEN', '~', kept, '*', 'player_lookup', player, 'game_date', D, 'game_id', ARGV[i + 3], 'version', version)
    out[n] = {1}
  end
end
if #drop > 0 then call('HDEL', running, unpack(drop)) end
return out
