-- Whether an entry was added by a script of propsd: only such a one may carry `origin` and `league`. ARGV: prefix, stream,
-- id. Reply: {1 or 0, the entry's fields, false where it was trimmed away}
local stream, id = ARGV[C.OWN_STREAM], ARGV[C.OWN_ID]
local entry = call('XRANGE', stream, id, id)[1]
return {[C.OWN_OUT_IS] = is_own(stream, id) and 1 or 0, [C.OWN_OUT_FIELDS] = entry and entry[2] or false}
