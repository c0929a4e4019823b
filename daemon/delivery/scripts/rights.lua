-- What of all that is needed the user may not do, found before the first entry is read: with XACK alone missing everything
-- would seem to work. ARGV: prefix, group, an input stream. Reply: names of the commands that are refused (none before
-- Redis 7, which cannot tell).
local k, refused = P .. 'rights', {}
local needed = {
  {'HGET', k, 'f'}, {'HMGET', k, 'f'}, {'HSET', k, 'f', 'v'}, {'HDEL', k, 'f'}, {'HGETALL', k}, {'HKEYS', k}, {'HLEN', k},
  {'HINCRBY', k, 'f', '1'},
  {'GET', k}, {'SET', k, 'v'}, {'DEL', k}, {'EXISTS', k}, {'EXPIRE', k, '1'}, {'PEXPIRE', k, '1'}, {'PEXPIREAT', k, '1'}, {'PTTL', k},
  {'ZADD', k, '1', 'm'}, {'ZSCORE', k, 'm'}, {'ZREMRANGEBYSCORE', k, '-inf', '(1'}, {'SADD', k, 'm'}, {'SMEMBERS', k}, {'TIME'},
  {'APPEND', k, 'v'}, {'GETRANGE', k, '0', '-1'},
  {'XADD', k, '*', 'f', 'v'}, {'XLEN', k}, {'XRANGE', k, '-', '+'}, {'XREVRANGE', k, '+', '-'}, {'XDEL', k, '1-1'},
  {'XTRIM', ARGV[C.RIGHTS_STREAM], 'MINID', '1-1'}, {'XSETID', ARGV[C.RIGHTS_STREAM], '1-1'}, {'XACK', ARGV[C.RIGHTS_STREAM], ARGV[C.RIGHTS_GROUP], '1-1'},
  {'XREADGROUP', 'GROUP', ARGV[C.RIGHTS_GROUP], 'c', 'STREAMS', ARGV[C.RIGHTS_STREAM], '>'}, {'XPENDING', ARGV[C.RIGHTS_STREAM], ARGV[C.RIGHTS_GROUP]},
  {'XCLAIM', ARGV[C.RIGHTS_STREAM], ARGV[C.RIGHTS_GROUP], 'c', '0', '1-1'}, {'XINFO', 'STREAM', ARGV[C.RIGHTS_STREAM]}, {'XINFO', 'GROUPS', ARGV[C.RIGHTS_STREAM]},
  {'XINFO', 'CONSUMERS', ARGV[C.RIGHTS_STREAM], ARGV[C.RIGHTS_GROUP]}, {'XGROUP', 'DELCONSUMER', ARGV[C.RIGHTS_STREAM], ARGV[C.RIGHTS_GROUP], 'c'},
  {'XGROUP', 'CREATE', ARGV[C.RIGHTS_STREAM], ARGV[C.RIGHTS_GROUP], '0', 'MKSTREAM'}, {'XGROUP', 'SETID', ARGV[C.RIGHTS_STREAM], ARGV[C.RIGHTS_GROUP], '0'},
}
for _, command in ipairs(redis.acl_check_cmd and needed or {}) do
  if not redis.acl_check_cmd(unpack(command)) then refused[#refused + 1] = command[1] end
end
return refused
