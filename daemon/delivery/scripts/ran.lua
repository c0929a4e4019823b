-- Who ever ran on a date, in no order. ARGV: prefix, date.
local known, out = {}, {}
for _, game in ipairs(call('SMEMBERS', P .. 'games:' .. ARGV[C.ARG_DATE])) do
  for _, player in ipairs(call('HKEYS', P .. 'done:' .. game)) do
    if not known[player] then out[#out + 1] = player end
    known[player] = true
  end
end
return out
