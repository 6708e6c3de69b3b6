-- The revocations after a position. KEYS: the stream, and the memory. ARGV: the position, and how
-- many at most. Returns the memory with what the clock says, in microseconds, and the
-- entries.
local after = ARGV[1]
-- A server that took another one's place may have lost entries, and gives numbers by a clock of its
-- own: where the last entry that was seen is not there, all are given again.
if after ~= '0-0' and #redis.call('XRANGE', KEYS[1], after, after) == 0 then
    after = '0-0'
end
local memory = redis.call('HMGET', KEYS[2], 'epoch', 'began', 'longest')
local time = redis.call('TIME')
memory[4] = string.format('%.0f', time[1] * 1000000 + time[2])
return {memory,
    redis.call('XRANGE', KEYS[1], '(' .. after, '+', 'COUNT', ARGV[2])}
