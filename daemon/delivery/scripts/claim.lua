-- Pending entries of consumers whose process no longer beats. ARGV: prefix, group, name, the time (RFC 3339), then stream
-- key and room, pairs. Reply: per stream {entries as XRANGE gives them, how many were trimmed away: XCLAIM drops those from
-- the pending list, so their letters are written here}. A consumer without heartbeat and without pending entries is
-- deleted. Run tokens of other names' dead processes go too.
local out = {}
local tokens = call('HGETALL', P .. 'running')
for n = 1, #tokens, 2 do
  local holder = match(tokens[n + 1], '^(.*)/[^/]+$')
  if sub(holder, 1, #ARGV[C.CLAIM_NAME] + 1) ~= ARGV[C.CLAIM_NAME] .. '/' and not alive(holder) then lose(tokens[n], tokens[n + 1]) end
end

for s = C.CLAIM_ITEMS, #ARGV, C.CLAIM_ITEM_SIZE do
  local stream, room = ARGV[s + C.CLAIM_ITEM_STREAM], tonumber(ARGV[s + C.CLAIM_ITEM_ROOM])
  local taken, lost = {}, 0
  local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, ARGV[C.CLAIM_GROUP])
  for _, info in ipairs(consumers.err and {} or consumers) do
    local consumer = {}
    for n = 1, #info, 2 do consumer[info[n]] = info[n + 1] end
    if consumer.name ~= ARGV[C.CLAIM_NAME] and call('EXISTS', P .. 'instance:' .. consumer.name) == 0 then
      if consumer.pending == 0 then
        call('XGROUP', 'DELCONSUMER', stream, ARGV[C.CLAIM_GROUP], consumer.name)
      elseif room > 0 then
        local ids = {}
        for _, pending in ipairs(call('XPENDING', stream, ARGV[C.CLAIM_GROUP], '-', '+', room, consumer.name)) do
          ids[#ids + 1] = pending[1]
        end
        room = room - #ids
        local got, have = call('XCLAIM', stream, ARGV[C.CLAIM_GROUP], ARGV[C.CLAIM_NAME], 0, unpack(ids)), {}
        for _, entry in ipairs(got) do
          if entry and entry[2] then taken[#taken + 1] = entry; have[entry[1]] = true end
        end
        for _, id in ipairs(ids) do
          if not have[id] then
            bury(stream, id, 'trimmed', 'the entry was trimmed off its stream before it could be applied', ARGV[C.CLAIM_TIME])
            lost = lost + 1
          end
        end
      end
    end
  end
  out[#out + 1] = {[C.CLAIM_OUT_TAKEN] = taken, [C.CLAIM_OUT_LOST] = lost}
end
return out
