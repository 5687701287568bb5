--[[ Say that something was committed of which nobody was told: its engine died in between, or too few replicas had it.
Every web process finds a hole in its parcels, and every reader of the card feed is told to read all cards.

KEYS[1]  lease (hash)           KEYS[2]  meta (hash)      KEYS[3]  out (hash)
ARGV[1]  owner                  ARGV[2]  epoch
ARGV[3]  PUBLISH or SPUBLISH    ARGV[4]  prefix of the parcels' channels
ARGV[5]  channel of the card feed                         ARGV[6]  a parcel with nothing in it
ARGV[7]  number of the shard
Returns  1, or 0 when the lease is not ours any more: nothing was published
Errors   none of its own
]]
local held = redis.call('HMGET', KEYS[1], 'owner', 'epoch')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then
  return 0
end
redis.call('HDEL', KEYS[2], 'untold')
for _, web in ipairs(redis.call('HKEYS', KEYS[3])) do
  local n = redis.call('HINCRBY', KEYS[3], web, 2)
  local message = ARGV[7] .. ':' .. n .. ':' .. #ARGV[6] .. '\n' .. ARGV[6]
  if redis.call(ARGV[3], ARGV[4] .. web, message) == 0 then
    redis.call('HDEL', KEYS[3], web)
  end
end
redis.call('PUBLISH', ARGV[5], '')
return 1
