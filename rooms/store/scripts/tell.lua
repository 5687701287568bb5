--[[ Publish what a commit held back until enough replicas had it (HOLDFAST_WAIT_REPLICAS), unless somebody has
committed since.

KEYS[1]  lease (hash)           KEYS[2]  meta (hash)      KEYS[3]  out (hash)
KEYS[4+] the lists of the replies
ARGV[1]  owner                  ARGV[2]  epoch            ARGV[3]  the commit's head
ARGV[4]  PUBLISH or SPUBLISH    ARGV[5]  prefix of the parcels' channels
ARGV[6]  channel of the card feed                         ARGV[7]  message for the card feed, or ""
ARGV[8]  ms that a reply waits for its reader             ARGV[9]  number of the shard
ARGV[10+] replies: bytes ...    parcels: web, bytes ...
Returns  1, or 0 when the lease or the head is not ours any more: nothing was published
Errors   none of its own
]]
local held = redis.call('HMGET', KEYS[1], 'owner', 'epoch')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] or redis.call('HGET', KEYS[2], 'commits') ~= ARGV[3] then
  return 0
end
redis.call('HDEL', KEYS[2], 'untold')
local at = 10
for i = 4, #KEYS do
  redis.call('LPUSH', KEYS[i], ARGV[at])
  redis.call('PEXPIRE', KEYS[i], ARGV[8])
  at = at + 1
end
for i = at, #ARGV, 2 do
  local n, parcel = redis.call('HINCRBY', KEYS[3], ARGV[i], 1), ARGV[i + 1]
  local message = ARGV[9] .. ':' .. n .. ':' .. #parcel .. '\n' .. parcel
  if redis.call(ARGV[4], ARGV[5] .. ARGV[i], message) == 0 then
    redis.call('HDEL', KEYS[3], ARGV[i]) -- nobody listens: whoever listens next starts to count anew
  end
end
if ARGV[7] ~= '' then
  redis.call('PUBLISH', ARGV[6], redis.call('HGET', KEYS[2], 'fed') .. ':' .. ARGV[7])
end
return 1
