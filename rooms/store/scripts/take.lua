--[[ Take a shard's lease when it is free, lapsed, or ours already. The epoch grows by one: older holders are fenced.

KEYS[1]  lease of the shard (hash)
ARGV[1]  owner
ARGV[2]  time to live in ms
Returns  the new epoch and for how many ms nobody had owned the shard, or nil when somebody else holds it
Errors   none of its own
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'owner', 'until')
if held[1] and held[1] ~= ARGV[1] and tonumber(held[2]) > now then
  return false
end
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', string.format('%.0f', now + ARGV[2]))
return {epoch, held[2] and math.max(0, now - tonumber(held[2])) or 0}
