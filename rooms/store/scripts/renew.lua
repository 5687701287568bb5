--[[ Hold a lease longer. One that lapsed a moment ago and was taken by nobody is still ours. One that lapsed for longer
than it lives is not: nothing was played meanwhile, and who takes it anew learns for how long.

KEYS[1]  lease of the shard (hash)
KEYS[2]  meta of the shard (hash)
ARGV[1]  owner
ARGV[2]  epoch
ARGV[3]  time to live in ms
Returns  the head, or nil when it is not ours any more
Errors   none of its own
]]
local held = redis.call('HMGET', KEYS[1], 'owner', 'epoch', 'until')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then
  return false
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(held[3]) + ARGV[3] then
  return false
end
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + ARGV[3]))
return tonumber(redis.call('HGET', KEYS[2], 'commits') or '0')
