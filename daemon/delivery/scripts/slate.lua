-- The slate of a day and the time. ARGV: prefix, date. Reply: {time in ms, the day hash with the aliases behind it}
return {[C.SLATE_OUT_TIME] = now_ms(), [C.SLATE_OUT_DAY] = slate_of(P .. 'day:' .. ARGV[C.ARG_DATE])}
