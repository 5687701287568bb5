--[[ Take a shard's lease when it is free, lapsed, or ours already, under a new epoch: older holders are fenced.

The epoch is the time by Redis' clock, or one more than the last where that is not greater. So it grows even when
Redis comes back with older data or with none: no epoch is ever given twice.

KEYS[1]  lease of the shard (hash)
KEYS[2]  meta of the shard (hash)
ARGV[1]  owner
ARGV[2]  time to live in ms
ARGV[3]  a random word: the shard's memory, where it has none
ARGV[4]  channel of the card feed: rooms that were forgotten have no commit that would take their cards off it
Returns  the new epoch, for how many ms nobody had owned the shard, and its memory's word;
         or nil when somebody else holds it
Errors   none of its own
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'owner', 'until', 'epoch')
if held[1] and held[1] ~= ARGV[1] and tonumber(held[2]) > now then
  return false
end
local epoch = math.max(now, (tonumber(held[3]) or 0) + 1)
local head = redis.call('HGET', KEYS[2], 'commits') or '0'
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', string.format('%.0f', now + ARGV[2]),
  'epoch', string.format('%.0f', epoch), 'since', head)
if redis.call('HSETNX', KEYS[2], 'memory', ARGV[3]) == 1 then
  redis.call('PUBLISH', ARGV[4], '')
end
return {epoch, held[2] and math.max(0, now - tonumber(held[2])) or 0, redis.call('HGET', KEYS[2], 'memory')}
