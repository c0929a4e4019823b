-- The options that change reports, as this instance has them now. ARGV: prefix, name, their fingerprint, regenerate stream,
-- names kept, dates. Where reports may stand that were made with others, each of the dates of which anything is stored is
-- regenerated whole. Reply: {entries added, the name of a living instance with other options, or false}
-- The hash `options` holds a fingerprint a name, and as `whole:` the one that all reports have or will have: it was asked
-- for while nobody lived who has another, and nobody came since. "" there: they are mixed, and asking anew would mend nothing
-- but for an instance whose own options changed.
local key, name, mine = P .. 'options', ARGV[C.OPTIONS_NAME], ARGV[C.OPTIONS_MINE]
local notes, noted = call('HGETALL', key), {}
for n = 1, #notes, 2 do noted[notes[n]] = notes[n + 1] end
local whole, old = noted['whole:'], noted[name]

-- Who has other phases than those in force makes no reports: when its own come into force, they are made anew for that.
local phases, tables = call('HGETALL', P .. 'phases'), {}
for n = 1, #phases, 2 do tables[phases[n]] = match(phases[n + 1], '^[%d ]*(.*)$') end

local gone, other, same = {}, false, false
for who, theirs in pairs(noted) do
  if who ~= name and who ~= 'whole:' then
    if call('EXISTS', P .. 'instance:' .. who) == 0 then gone[#gone + 1] = who
    elseif tables[who] == tables['in:'] then
      if theirs ~= mine then other = who else same = true end
    end
  end
end
local asks = whole and whole ~= mine and (whole ~= '' or (old and old ~= mine) or not (old or same))
local now = other and '' or (asks or whole ~= '') and mine or ''
if old == mine and whole == now then return {0, other} end

if #notes / 2 > tonumber(ARGV[C.OPTIONS_KEPT]) and #gone > 0 then call('HDEL', key, unpack(gone)) end
call('HSET', key, name, mine, 'whole:', now)
local added = 0
for n = C.OPTIONS_DATES, asks and #ARGV or 0 do
  if call('HGET', P .. 'day:' .. ARGV[n], 'v') then
    call('XADD', ARGV[C.OPTIONS_STREAM], '*', 'game_date', ARGV[n])
    added = added + 1
  end
end
return {added, other}
