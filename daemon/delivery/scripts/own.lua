-- Whether an entry was added by a script of propsd: only such a one may carry `origin` and `league`. ARGV: prefix, stream,
-- id. Reply: {1 or 0, the entry's fields, false where it was trimmed away}
local entry = call('XRANGE', ARGV[2], ARGV[3], ARGV[3])[1]
return {is_own(ARGV[2], ARGV[3]) and 1 or 0, entry and entry[2] or false}
