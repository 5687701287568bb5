--[[ Say that a process lives, and drop those that have been silent for long.

KEYS[1]  living processes of one kind (sorted set: id -> until, in ms)
ARGV[1]  id
ARGV[2]  time to live in ms
ARGV[3]  how long a lapsed one is kept, in ms
Returns  the ids of the living
Errors   none of its own
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[3]))
return redis.call('ZRANGE', KEYS[1], string.format('(%.0f', now), '+inf', 'BYSCORE')
