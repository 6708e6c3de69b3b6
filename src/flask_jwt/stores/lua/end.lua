#!lua flags=allow-oom
-- The end of a session. KEYS: its row. ARGV: why. Returns the latest exp of its access tokens in
-- microseconds, and whether it was ended now; nothing where there is no such session.
local row = redis.call('HMGET', KEYS[1], 'ended_at', 'access_until')
if not row[1] then
    return nil
end
if row[1] ~= '' then
    return {row[2], 0}
end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'ended_at', string.format('%.0f', time[1] * 1000000 + time[2]),
    'ended_because', ARGV[1])
return {row[2], 1}
