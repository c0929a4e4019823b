-- A due time of a schedule: its entries of `regenerate`, once over all instances. ARGV: prefix, name, rule (when it is due,
-- as a text), due time, up to when whoever asks has dealt with it ("0": he has not asked before), the stream, how many
-- fields and values an entry has, then these, entry by entry. Times are in ms. Reply: {answer, now, mark, fired, the
-- other rule that stood there, or ""}
-- The hash `schedules` holds "MARK FIRED RULE" a name: due times up to MARK are dealt with, FIRED is the last one that
-- became entries. A name that is new, or whose rule is another, begins now: nothing is fired for the past, but for what
-- came due since whoever asks has had the rule. So does one whose mark lies a day ahead: the clock was set back.
local key, name, rule = P .. 'schedules', ARGV[C.SCHEDULE_NAME], ARGV[C.SCHEDULE_RULE]
local due, since, each = tonumber(ARGV[C.SCHEDULE_DUE]), tonumber(ARGV[C.SCHEDULE_SINCE]), tonumber(ARGV[C.SCHEDULE_EACH])
local now, text = now_ms(), call('HGET', key, name)
local mark, fired, theirs = match(text or '', '^(%d+) (%d+) (.+)$')
mark, fired = tonumber(mark or 0), tonumber(fired or 0)

if theirs ~= rule or mark > now + C.SCHEDULE_DAY_MS then
  mark = since > 0 and since < now and since or now
end
local answer = C.SCHEDULE_NOTHING
if due > now then answer = C.SCHEDULE_EARLY
elseif due > mark then
  for i = C.SCHEDULE_ENTRIES, #ARGV, each do call('XADD', ARGV[C.SCHEDULE_STREAM], '*', unpack(ARGV, i, i + each - 1)) end
  answer, mark, fired = C.SCHEDULE_FIRED, due, due
end
local noted = string.format('%.0f %.0f ', mark, fired) .. rule
if not text then                                    -- names that nobody uses any more go
  local all = call('HGETALL', key)
  for n = 1, #all, 2 do
    local at = tonumber(match(all[n + 1], '^%d+') or 0)
    if at < now - C.SCHEDULE_KEPT_DAYS * C.SCHEDULE_DAY_MS then call('HDEL', key, all[n]) end
  end
end
if noted ~= text then call('HSET', key, name, noted) end
return {[C.SCHEDULE_OUT_ANSWER] = answer, [C.SCHEDULE_OUT_NOW] = now, [C.SCHEDULE_OUT_MARK] = mark,
  [C.SCHEDULE_OUT_FIRED] = fired, [C.SCHEDULE_OUT_OTHER] = theirs ~= rule and theirs or ''}
