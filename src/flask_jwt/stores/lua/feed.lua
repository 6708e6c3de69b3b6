-- The revocations after a position. KEYS: the stream, and the memory. ARGV: the position, and how
-- many at most. Returns the memory, and the entries.
return {redis.call('HMGET', KEYS[2], 'epoch', 'began', 'longest'),
    redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])}
