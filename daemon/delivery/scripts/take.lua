-- The instance's name, taken only if what stands there is what was seen, and only with phases that are in force then: what
-- instances do and read must be one thing at a time. ARGV: prefix, name, seen boot ("" = nobody), seen beat counter, time to
-- live in ms, our boot, our table of phases, regenerate stream, fingerprint of our options ("" = not known), names kept, dates
-- (a blank between), then fields and values. Reply: taken, and what stands in `in:` now; changed meanwhile; the keys are of
-- another layout now, as who asks may have stood still since it looked at that; or C.TAKE_OTHERS: it stands by, for the living
-- instance named, whose table is newer ("": there is none now). Last, how many entries were added.
-- The hash `phases` holds "GENERATION TABLE" a name, and as `in:` "NUMBER GENERATION TABLE" of the one in force. A table gets a
-- new generation when an instance comes with another one than it had. The newest generation that a living instance has is
-- in force: a restart with what one had before turns nothing back. `free:` says since when none has it.
local name, boot, mine = ARGV[C.TAKE_NAME], ARGV[C.TAKE_OURS], ARGV[C.TAKE_PHASES]
local instance, key = P .. 'instance:' .. name, P .. 'phases'
local function answer(state, stands, holder, added)
  return {[C.TAKE_OUT_STATE] = state, [C.TAKE_OUT_PHASES] = stands or '', [C.TAKE_OUT_HOLDER] = holder or '',
    [C.TAKE_OUT_ADDED] = added or 0}
end

local there = call('HMGET', instance, 'boot', 'beats')
if (there[1] or '') ~= ARGV[C.TAKE_BOOT] or (there[1] and (there[2] or '') ~= ARGV[C.TAKE_BEATS]) then
  return answer(C.TAKE_CHANGED)
end
if tonumber(call('GET', P .. 'schema')) ~= C.LAYOUT or call('EXISTS', P .. 'migration') == 1 then
  return answer(C.TAKE_LAYOUT)
end

local notes, noted = call('HGETALL', key), {}
for n = 1, #notes, 2 do noted[notes[n]] = notes[n + 1] end
local stands, free = noted['in:'], tonumber(noted['free:'])
noted['in:'], noted['free:'] = nil, nil
local number, newest, in_force = match(stands or '0 0 ', '^(%d+) (%d+) (.*)$')
number, newest = tonumber(number), tonumber(newest)
local most, known, gone = newest, {}, {}

local theirs = {}                                   -- generations
for who, text in pairs(noted) do
  local generation, of = match(text, '^(%d+) (.*)$')
  theirs[who] = tonumber(generation)
  most = math.max(most, theirs[who])
  known[of] = math.max(known[of] or 0, theirs[who])
  if who ~= name and call('EXISTS', P .. 'instance:' .. who) == 0 then gone[#gone + 1] = who end
end

local function our_generation()
  if mine == in_force then return newest end
  if noted[name] and match(noted[name], ' (.*)$') == mine then return theirs[name] end
  return not noted[name] and known[mine] or most + 1
end
local ours = our_generation()

local function write(...)
  call('HDEL', key, '')                             -- the first write, see begin
  call('HSET', key, ...)
end
if noted[name] ~= ours .. ' ' .. mine then
  write(name, ours .. ' ' .. mine)
  if #notes / 2 > tonumber(ARGV[C.TAKE_KEPT]) and #gone > 0 then call('HDEL', key, unpack(gone)) end
end

-- Others work on what was ours here: they claim the entries, and runs of ours come to nothing.
local function stand_by(holder)
  local tokens = there[1] == boot and call('HGETALL', P .. 'running') or {}
  for n = 1, #tokens, 2 do
    if sub(tokens[n + 1], 1, #name + #boot + 2) == name .. '/' .. boot .. '/' then call('HDEL', P .. 'running', tokens[n]) end
  end
  call('DEL', instance)
  return answer(C.TAKE_OTHERS, '', holder)
end

if ours < newest then
  local holder = ''
  for who, generation in pairs(theirs) do
    if generation > ours and call('EXISTS', P .. 'instance:' .. who) == 1 then holder = who end
  end
  if holder ~= '' and free then call('HDEL', key, 'free:') end
  if holder == '' and not free then
    free = now_ms()
    write('free:', free)
  end
  if holder ~= '' or now_ms() < free + C.FREE_MS then
    return stand_by(holder)
  end
end

local added = 0
if in_force ~= mine then
  number = number + 1
  for date in string.gmatch(ARGV[C.TAKE_DATES], '%S+') do
    if call('HGET', P .. 'day:' .. date, 'v') then
      local stream = ARGV[C.TAKE_STREAM]
      call('HDEL', key, '')
      call('XADD', stream, '*', 'game_date', date)
      added = added + 1
    end
  end
  -- Other options that change reports are asked for with it.
  local options = ARGV[C.TAKE_OPTIONS]
  if added > 0 and options ~= '' then call('HSET', P .. 'options', name, options, 'whole:', options) end
end
local now = number .. ' ' .. ours .. ' ' .. mine
if now ~= stands then write('in:', now) end
if free then call('HDEL', key, 'free:') end
call('DEL', instance)
call('HSET', instance, unpack(ARGV, C.TAKE_FIELDS))
call('PEXPIRE', instance, ARGV[C.TAKE_TTL])
return answer(C.TAKE_TAKEN, now, '', added)
