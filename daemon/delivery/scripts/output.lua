-- Outputs of precompute into place, each only while its run token stands. ARGV: prefix, date, expiry (Unix ms), what they were made by,
-- length of `outputs` (0: nobody wants notices), items: player, holder/serial, version, time (Unix ms), game, team, processor ("-":
-- none), whether failed or lost runs are on record, bytes. Other bytes than those that stand, or any after a failure, are a new
-- version of the day, so that no report that was begun before covers them; equal ones change nothing. Reply: an item each, taken or
-- refused, with pc, the output's version and c.
local D, expires = ARGV[C.ARG_DATE], ARGV[C.OUTPUT_EXPIRES]
local running, day, outputs, kept = P .. 'running', P .. 'day:' .. D, P .. 'outputs', ARGV[C.OUTPUT_KEPT]
local out = {}
call('HDEL', running, '')                           -- the first write, see begin

for i = C.OUTPUT_ITEMS, #ARGV, C.OUTPUT_ITEM_SIZE do
  local player, version = ARGV[i + C.OUTPUT_ITEM_PLAYER], ARGV[i + C.OUTPUT_ITEM_VERSION]
  local pk, field = P .. 'player:' .. D .. ':' .. player, D .. '/' .. player .. '/' .. C.PHASE_OF_OUTPUT
  local known = call('HMGET', pk, C.PHASE_OF_OUTPUT .. 'c', 'o', 'c')
  local pc, at, answer = tonumber(known[1]) or 0, 0, C.COMMIT_REFUSED
  local old_at, old_failed, old_rest = match(known[2] or '', '^(%d+) (%d) %S+ %S+ (.*)$')
  at = tonumber(old_at) or 0
  if call('HGET', running, field) == ARGV[i + C.OUTPUT_ITEM_TOKEN] .. ' ' .. version then
    local bytes = ARGV[i + C.OUTPUT_ITEM_BYTES]
    local rest = redis.sha1hex(bytes) .. ' ' .. ARGV[i + C.OUTPUT_ITEM_GAME] .. ' ' .. ARGV[i + C.OUTPUT_ITEM_TEAM] .. ' ' ..
      ARGV[i + C.OUTPUT_ITEM_PROCESSOR]
    local key = P .. 'pre:' .. D .. ':' .. player
    answer, pc = C.COMMIT_TAKEN, tonumber(version)
    call('HDEL', running, field)
    if ARGV[i + C.OUTPUT_ITEM_RECORD] ~= C.RECORD_NONE then call('HDEL', pk, C.PHASE_OF_OUTPUT .. 'a', C.PHASE_OF_OUTPUT .. 'x') end
    if old_rest ~= rest or old_failed ~= '0' or call('EXISTS', key) == 0 then
      at = call('HINCRBY', day, 'v', 1)
      call('HSET', pk, 'o', at .. ' 0 ' .. version .. ' ' .. ARGV[i + C.OUTPUT_ITEM_TIME] .. ' ' .. rest)
    end
    call('HSET', pk, C.PHASE_OF_OUTPUT .. 'c', version, C.PHASE_OF_OUTPUT .. C.FIELD_OF_MODEL, ARGV[C.OUTPUT_MODEL] .. ' ' .. version)
    call('SET', key, bytes, 'PXAT', expires)
    call('PEXPIREAT', pk, expires)
    call('PEXPIREAT', day, expires)
    if kept ~= '0' then                             -- which run it was, for whoever reads back what he did not write down
      call('XADD', outputs, 'MAXLEN', '~', kept, '*', 'player_lookup', player, 'game_date', D, 'game_id',
        ARGV[i + C.OUTPUT_ITEM_GAME], 'version', version, 'run', ARGV[i + C.OUTPUT_ITEM_TOKEN])
      call('PEXPIREAT', outputs, expires)
    end
  end
  out[#out + 1] = {[C.OUTPUT_OUT_ANSWER] = answer, [C.OUTPUT_OUT_COMMITTED] = pc, [C.OUTPUT_OUT_AT] = at,
    [C.OUTPUT_OUT_REPORT] = tonumber(known[3]) or 0}
end
return out
