-- A new session. KEYS: its row. ARGV: the idle span and the whole span in microseconds, the exp of
-- the access token in microseconds, for how long the row is kept after its last token has expired
-- in microseconds, and then the fields that are kept as they are, with their values.
-- Returns when it began and when it expires, in microseconds. A row that is there stays as it is.
if redis.call('EXISTS', KEYS[1]) == 1 then
    return redis.call('HMGET', KEYS[1], 'began_at', 'expires_at')
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local ends = now + tonumber(ARGV[2])
local idle = math.min(now + tonumber(ARGV[1]), ends)
local microseconds = function(value) return string.format('%.0f', value) end
redis.call('HSET', KEYS[1], 'counter', 0, 'began_at', microseconds(now),
    'rotated_at', microseconds(now), 'used_at', microseconds(now), 'idle_span', ARGV[1],
    'idle_until', microseconds(idle), 'expires_at', microseconds(ends), 'access_until', ARGV[3],
    'ended_at', '', 'ended_because', '', unpack(ARGV, 5))
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f',
    (math.max(idle, tonumber(ARGV[3])) + tonumber(ARGV[4])) / 1000))
return {microseconds(now), microseconds(ends)}
