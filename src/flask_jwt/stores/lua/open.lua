#!lua flags=allow-oom
-- Since when the store remembers. KEYS: the memory. ARGV: an epoch, when it begins if there is none
-- yet, and the longest life of an access token; times in microseconds.
if redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1]) == 1 then
    redis.call('HSET', KEYS[1], 'began', ARGV[2])
end
local longest = tonumber(redis.call('HGET', KEYS[1], 'longest') or '0')
if tonumber(ARGV[3]) > longest then
    redis.call('HSET', KEYS[1], 'longest', ARGV[3])
end
return 1
