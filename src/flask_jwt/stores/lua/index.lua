-- A session in the index of its user. KEYS: the names in the order in which the sessions began, and
-- the same names in the order in which they leave. ARGV: the name, when it began, and when it
-- leaves; times in microseconds. What should have left leaves now, 1,000 at most.
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
local past = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf',
    string.format('%.0f', time[1] * 1000000 + time[2]), 'LIMIT', 0, 1000)
if #past > 0 then
    redis.call('ZREM', KEYS[1], unpack(past))
    redis.call('ZREM', KEYS[2], unpack(past))
end
local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
if last then
    local at = string.format('%.0f', math.ceil(last / 1000))
    redis.call('PEXPIREAT', KEYS[1], at)
    redis.call('PEXPIREAT', KEYS[2], at)
end
return 1
