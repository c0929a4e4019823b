-- The slate of a day and the time. ARGV: prefix, date. Reply: {time in ms, the day hash}
return {now_ms(), call('HGETALL', P .. 'day:' .. ARGV[2])}
