-- A session as it is, and the time in microseconds. KEYS: its row. ARGV: the fields.
local time = redis.call('TIME')
return {string.format('%.0f', time[1] * 1000000 + time[2]), redis.call('HMGET', KEYS[1], unpack(ARGV))}
