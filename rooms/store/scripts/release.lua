--[[ Give a lease up. The epoch stays, so that nothing of ours that is still on its way can write.
'until' says since when nobody has owned the shard.

KEYS[1]  lease of the shard (hash)
ARGV[1]  owner
ARGV[2]  epoch
Returns  1, or 0 when it was not ours any more
Errors   none of its own
]]
local held = redis.call('HMGET', KEYS[1], 'owner', 'epoch')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then
  return 0
end
local time = redis.call('TIME')
redis.call('HDEL', KEYS[1], 'owner')
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
return 1
