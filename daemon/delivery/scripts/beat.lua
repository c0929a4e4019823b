-- The heartbeat. ARGV: prefix, name, boot, time to live in ms, beat counter, then the serials of all run tokens that this
-- process knows of ("date/player serial"...). Renews only its own boot. A token of this boot that is not among them is
-- given up: the reply to its begin was lost. One of an older boot of this name was lost with its process.
-- Reply: {"mine", "none" or "other", the time in ms}.
local key, running = P .. 'instance:' .. ARGV[2], P .. 'running'
local boot = call('HGET', key, 'boot')
if boot == ARGV[3] then
  call('PEXPIRE', key, ARGV[4])
  call('HSET', key, 'beats', ARGV[5])
end
if boot and boot ~= ARGV[3] then return {'other', now_ms()} end
local name, me, known = ARGV[2] .. '/', ARGV[2] .. '/' .. ARGV[3] .. '/', {}
for i = 6, #ARGV, 2 do known[ARGV[i]] = ARGV[i + 1] end
local tokens = call('HGETALL', running)
for n = 1, #tokens, 2 do
  local token = tokens[n + 1]
  if sub(token, 1, #name) == name and known[tokens[n]] ~= match(token, '(%-?%d+) %d+$') then
    if sub(token, 1, #me) == me then call('HDEL', running, tokens[n])
    else lose(tokens[n], token) end
  end
end
return {boot and 'mine' or 'none', now_ms()}
