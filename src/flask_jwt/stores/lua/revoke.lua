#!lua flags=allow-oom
-- Revocations, numbered by the stream in the order in which readers see them. KEYS: the stream, and
-- the memory. ARGV: for how long what has expired is kept, and for each one its kind, its value, when it
-- expires and its not-before; times in microseconds.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local horizon = tonumber(redis.call('HGET', KEYS[2], 'horizon') or '0')
local known = horizon
for first = 2, #ARGV, 4 do
    horizon = math.max(horizon, tonumber(ARGV[first + 2]) - now)
    redis.call('XADD', KEYS[1], '*', 'kind', ARGV[first], 'value', ARGV[first + 1],
        'expires_at', ARGV[first + 2], 'not_before', ARGV[first + 3])
end
if horizon > known then
    redis.call('HSET', KEYS[2], 'horizon', string.format('%.0f', horizon))
end
-- No entry lives longer than the horizon, so all that are older have expired. The clock may be ahead.
redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f',
    math.max(now - horizon - tonumber(ARGV[1]), 0) / 1000))
return 1
