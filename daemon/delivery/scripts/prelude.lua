-- In front of every script. What stands behind a `C.` is a name of contract.h, its value is put in its place when propsd
-- is built. KEYS[1] only tells a cluster which slot; all keys share it (docs/delivery.md).
local call, ARGV = redis.call, ARGV                 -- locals are quicker than globals
local byte, find, match, sub = string.byte, string.find, string.match, string.sub
local P = ARGV[C.ARG_PREFIX]                                   -- the prefix

-- Order keys sort as plain strings: each number of "MS-SEQ" behind a letter that says how many digits it has. Lua's
-- numbers end at 2^53, so ids are never compared as such.
local function order_key(id)
  local ms, seq = match(id, '^(%d+)%-(%d+)$')
  return string.char(C.ORDER_KEY_BASE + #ms) .. ms .. string.char(C.ORDER_KEY_BASE + #seq) .. seq
end

-- A field's value is "KEY AT VALUE".
local function split(text)
  local key, at, value = match(text, '^(%S+) (%d+) (.*)$')
  return key, tonumber(at), value
end

local function now_ms()
  local t = call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- A run that ended with its process: the token goes, its version counts against the player, unless the run was outside
-- propsd. `field` is "date/player", or "date/player/p" of precompute, `token` is "NAME/BOOT/SERIAL VERSION", the serial of a run outside is negative.
-- Returns what is kept of his lost runs, "LAST_MS V V V".
local function lose(field, token)
  local date, player, phase = match(field, '^([^/]+)/([^/]+)/?(.*)$')
  local pk = P .. 'player:' .. date .. ':' .. player
  local lost, version = call('HGET', pk, phase .. 'x'), match(token, '/%d+ (%d+)$')
  call('HDEL', P .. 'running', field)
  if version then
    lost = now_ms() .. (lost and match(lost, ' .*') or '') .. ' ' .. version
    call('HSET', pk, phase .. 'x', lost)
  end
  return lost
end

-- Entries that scripts have added, each for as long as its stream may hold it: a sorted set a stream, scored by the id's
-- time.
local function own_of(stream) return P .. 'own:' .. sub(stream, #P + 1) end
local function is_own(stream, id) return call('ZSCORE', own_of(stream), id) end
local function forget_own(stream)
  local first = call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  call('ZREMRANGEBYSCORE', own_of(stream), '-inf', first and '(' .. match(first[1], '^%d+') or '+inf')
end
local function note_own(stream, id)
  call('ZADD', own_of(stream), match(id, '^%d+'), id)
  forget_own(stream)
end

-- A letter for an entry that is not pending any more, written where its fate is found. One an entry (see dead).
local function bury(stream, id, reason, failure, time)
  local old = call('HGET', P .. 'buried', stream .. ' ' .. id)
  if old and #call('XRANGE', P .. 'dead', old, old) > 0 then return end
  local letter = call('XADD', P .. 'dead', '*', 'fields', '{}', 'stream', stream, 'id', id, 'reason', reason, 'field', '',
    'error', failure, 'players', '', 'attempts', '0', 'first', time, 'last', time)
  call('HSET', P .. 'buried', stream .. ' ' .. id, letter)
end

-- Whether an instance that has this league has the date's, or another of the same content.
local function same_league(league, his)
  local content = match(league, '%S+$')
  return his == league or (content ~= '-' and match(his, '%S+$') == content)
end

-- Whether other phases are in force by now than whoever asks knows: what he would do here holds no more.
local function outdated(known) return call('HGET', P .. 'phases', 'in:') ~= known end

-- Aliases that were given while propsd runs hold for every date: a slate is the day's hash with these behind it, and what
-- is known of it "SV AV", the versions of both. SV, or '' where other aliases stand by now: no slate has that.
local function slate_known(text)
  local known, aliases = match(text, '^(%S+) (%S+)$')
  return (call('HGET', P .. 'aliases', C.ALIASES_VERSION) or '0') == aliases and known or ''
end
local function slate_of(day)
  local slate, aliases = call('HGETALL', day), call('HGETALL', P .. 'aliases')
  for n = 1, #aliases, 2 do
    slate[#slate + 1], slate[#slate + 2] = C.ALIASES_IN_SLATE .. aliases[n], aliases[n + 1]
  end
  return slate
end

-- Whether the process that a run token "NAME/BOOT/SERIAL" or holder "NAME/BOOT" names still beats.
local beats = {}
local function alive(holder)
  if beats[holder] == nil then
    local name, boot = match(holder, '^(.*)/([^/]+)$')
    beats[holder] = call('HGET', P .. 'instance:' .. name, 'boot') == boot
  end
  return beats[holder]
end
