-- What of all that is needed the user may not do, found before the first entry is read: with XACK alone missing everything
-- would seem to work. ARGV: prefix, group, an input stream. Reply: names of the commands that are refused (none before
-- Redis 7, which cannot tell).
local k, refused = P .. 'rights', {}
local needed = {
  {'HGET', k, 'f'}, {'HMGET', k, 'f'}, {'HSET', k, 'f', 'v'}, {'HDEL', k, 'f'}, {'HGETALL', k}, {'HKEYS', k}, {'HLEN', k},
  {'HINCRBY', k, 'f', '1'},
  {'GET', k}, {'SET', k, 'v'}, {'DEL', k}, {'EXISTS', k}, {'EXPIRE', k, '1'}, {'PEXPIRE', k, '1'}, {'PEXPIREAT', k, '1'}, {'PTTL', k},
  {'ZADD', k, '1', 'm'}, {'ZSCORE', k, 'm'}, {'ZREMRANGEBYSCORE', k, '-inf', '(1'}, {'SADD', k, 'm'}, {'SMEMBERS', k}, {'TIME'},
  {'XADD', k, '*', 'f', 'v'}, {'XRANGE', k, '-', '+'}, {'XREVRANGE', k, '+', '-'}, {'XDEL', k, '1-1'},
  {'XTRIM', ARGV[3], 'MINID', '1-1'}, {'XSETID', ARGV[3], '1-1'}, {'XACK', ARGV[3], ARGV[2], '1-1'},
  {'XREADGROUP', 'GROUP', ARGV[2], 'c', 'STREAMS', ARGV[3], '>'}, {'XPENDING', ARGV[3], ARGV[2]},
  {'XCLAIM', ARGV[3], ARGV[2], 'c', '0', '1-1'}, {'XINFO', 'STREAM', ARGV[3]}, {'XINFO', 'GROUPS', ARGV[3]},
  {'XINFO', 'CONSUMERS', ARGV[3], ARGV[2]}, {'XGROUP', 'DELCONSUMER', ARGV[3], ARGV[2], 'c'},
  {'XGROUP', 'CREATE', ARGV[3], ARGV[2], '0', 'MKSTREAM'}, {'XGROUP', 'SETID', ARGV[3], ARGV[2], '0'},
}
for _, command in ipairs(redis.acl_check_cmd and needed or {}) do
  if not redis.acl_check_cmd(unpack(command)) then refused[#refused + 1] = command[1] end
end
return refused
