-- The heartbeat. ARGV: prefix, name, boot, time to live in ms, beat counter, league, what phases it knows to be in force, then
-- the serials of all run tokens that this process knows of ("date/player serial"...). Renews only its own boot. A token of
-- this boot that is not among them is given up: the reply to its begin was lost. One of an older boot of this name was lost
-- with its process.
-- Reply: {"mine", "none" or "other", the time in ms, how often entries were handed to it}.
if outdated(ARGV[C.BEAT_PHASES]) then return redis.error_reply(C.PHASES_REFUSED) end
local key, running = P .. 'instance:' .. ARGV[C.BEAT_NAME], P .. 'running'
local boot = call('HGET', key, 'boot')
if boot == ARGV[C.BEAT_BOOT] then
  call('PEXPIRE', key, ARGV[C.BEAT_TTL])
  call('HSET', key, 'beats', ARGV[C.BEAT_COUNT], 'league', ARGV[C.BEAT_LEAGUE])
end
if boot and boot ~= ARGV[C.BEAT_BOOT] then return {[C.BEAT_OUT_WHOSE] = C.BEAT_OTHER, [C.BEAT_OUT_TIME] = now_ms(), [C.BEAT_OUT_HANDED] = 0} end
local name, me, known = ARGV[C.BEAT_NAME] .. '/', ARGV[C.BEAT_NAME] .. '/' .. ARGV[C.BEAT_BOOT] .. '/', {}
for i = C.BEAT_ITEMS, #ARGV, C.BEAT_ITEM_SIZE do known[ARGV[i + C.BEAT_ITEM_FIELD]] = ARGV[i + C.BEAT_ITEM_SERIAL] end
local tokens = call('HGETALL', running)
for n = 1, #tokens, 2 do
  local token = tokens[n + 1]
  if sub(token, 1, #name) == name and known[tokens[n]] ~= match(token, '(%-?%d+) %d+$') then
    if sub(token, 1, #me) == me then call('HDEL', running, tokens[n])
    else lose(tokens[n], token) end
  end
end
return {[C.BEAT_OUT_WHOSE] = boot and C.BEAT_MINE or C.BEAT_NONE, [C.BEAT_OUT_TIME] = now_ms(),
  [C.BEAT_OUT_HANDED] = tonumber(call('HGET', key, 'handed') or 0)}
