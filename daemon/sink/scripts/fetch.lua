-- The newest report of a player, and the version that it was committed with: both are of one moment. For who asks for it,
-- also what a sink noted of him, and when each of his main quotes, or a side of one, was heard last.
local P, date, player = ARGV[C.ARG_PREFIX], ARGV[C.FETCH_DATE], ARGV[C.FETCH_PLAYER]
local hash = P .. 'player:' .. date .. ':' .. player
local out, quotes = {
  [C.FETCH_OUT_REPORT] = redis.call('GET', P .. 'report:' .. date .. ':' .. player),
  [C.FETCH_OUT_VERSION] = redis.call('HGET', hash, 'c'),
}, {}
local time = redis.call('TIME')
out[C.FETCH_OUT_NOW] = time[1] * 1000 + math.floor(time[2] / 1000)
out[C.FETCH_OUT_TOLD] = ''
if ARGV[C.FETCH_TOLD] == '1' then
  out[C.FETCH_OUT_TOLD] = redis.call('HGET', P .. 'sink:' .. ARGV[C.ARG_SINK] .. ':told:' .. date, player) or ''
  local fields = redis.call('HGETALL', hash)
  for n = 1, #fields, 2 do
    -- "q:MARKET:BOOK", "q+:...", "q-:..."; the value begins with an order key: a letter, as many digits as it says, ...
    local quote = string.match(fields[n], '^q[+-]?:(.+)$')
    if quote then
      quotes[#quotes + 1] = quote
      quotes[#quotes + 1] = string.sub(fields[n + 1], 2, 1 + string.byte(fields[n + 1]) - C.ORDER_KEY_BASE)
    end
  end
end
out[C.FETCH_OUT_QUOTES] = quotes
return out
