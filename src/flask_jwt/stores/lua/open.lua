#!lua flags=allow-oom
-- Since when the store remembers. KEYS: the memory. ARGV: an epoch, if there is none yet, and the
-- longest life of an access token in microseconds. A beginning that lies in the future becomes now.
-- Returns by how much it was moved back, in microseconds.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
local began = tonumber(redis.call('HGET', KEYS[1], 'began') or now)
redis.call('HSET', KEYS[1], 'began', string.format('%.0f', math.min(began, now)))
local longest = tonumber(redis.call('HGET', KEYS[1], 'longest') or '0')
if tonumber(ARGV[2]) > longest then
    redis.call('HSET', KEYS[1], 'longest', ARGV[2])
end
return string.format('%.0f', math.max(began - now, 0))
