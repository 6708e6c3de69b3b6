-- One step of a count or of a mark, which is a hash under KEYS[1]; the one key of the script, whatever
-- its hash slot is. ARGV[1]: the step. The time is the application's, as text, and kept as it came.
local key, step = KEYS[1], ARGV[1]

-- ARGV: now, for how many milliseconds the mark is kept. The latest moment stays.
if step == 'mark' then
    local moment, left = redis.call('HGET', key, 'last_at'), redis.call('PTTL', key)
    if not moment or tonumber(moment) < tonumber(ARGV[2]) then
        redis.call('HSET', key, 'last_at', ARGV[2])
    end
    redis.call('PEXPIRE', key, math.max(left, tonumber(ARGV[3])))
    return ''
end

local count = redis.call('HMGET', key, 'failures', 'last_at')
local failures = tonumber(count[1] or 0)

-- ARGV: the free failures, now, after how many seconds a count is forgotten, the longest wait in
-- seconds, and after how many doublings it is reached; see flask_jwt.throttle.attempts.
local free, now, forgotten = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local last_at = tonumber(count[2] or now)

local function wait_after(number)
    if number < free then
        return 0
    end
    return math.min(tonumber(ARGV[5]), 2 ^ math.min(number - free, tonumber(ARGV[6])))
end

-- Here now is the time at which the attempt was counted.
if step == 'give_back' then
    if failures <= 1 then
        redis.call('DEL', key)
        return ''
    end
    redis.call('HINCRBY', key, 'failures', -1)
    if last_at == now then
        local moment = string.format('%.17g', now - wait_after(failures - 1))
        redis.call('HSET', key, 'last_at', moment)
    end
    return ''
end

-- Returns how many seconds are to be waited, as text, since numbers lose their fractions.
if now - last_at >= forgotten then
    failures = 0
end
if failures >= free then
    local wait = math.min(last_at, now) + wait_after(failures) - now
    if wait > 0 then
        if last_at > now then
            redis.call('HSET', key, 'last_at', ARGV[3])
        end
        return string.format('%.17g', wait)
    end
end
redis.call('HSET', key, 'failures', failures + 1, 'last_at', ARGV[3])
redis.call('PEXPIRE', key, forgotten * 1000)
return '0'
