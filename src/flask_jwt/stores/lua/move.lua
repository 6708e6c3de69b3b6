#!lua flags=allow-oom
-- The one compare-and-swap. KEYS: the row of a session. ARGV: what the counter has to be (empty: any),
-- what is done ("rotate"; "repeat", where the current token is given again; "extend", where an access
-- token was made without a refresh), the exp of the access token in microseconds, the address, the
-- program, and for how long the row is kept after its last token has expired in microseconds.
-- Returns 1 where it was done.
local row = redis.call('HMGET', KEYS[1], 'counter', 'ended_at', 'idle_until', 'expires_at',
    'access_until', 'idle_span')
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
if not row[1] or (ARGV[1] ~= '' and row[1] ~= ARGV[1]) or row[2] ~= '' or tonumber(row[3]) <= now
        or tonumber(row[4]) <= now then
    return 0
end
local microseconds = function(value) return string.format('%.0f', value) end
local idle = tonumber(row[3])
local access = math.max(tonumber(row[5]), tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], 'used_at', microseconds(now), 'access_until', microseconds(access))
if ARGV[2] ~= 'repeat' then
    idle = math.min(now + tonumber(row[6]), tonumber(row[4]))
    redis.call('HSET', KEYS[1], 'idle_until', microseconds(idle), 'address', ARGV[4],
        'user_agent', ARGV[5])
end
if ARGV[2] == 'rotate' then
    redis.call('HSET', KEYS[1], 'counter', microseconds(tonumber(row[1]) + 1),
        'rotated_at', microseconds(now))
end
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f',
    (math.max(idle, access) + tonumber(ARGV[6])) / 1000))
return 1
