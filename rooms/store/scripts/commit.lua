--[[ Write and publish everything that one pass of an engine changed in one shard, or nothing.

KEYS[1]   lease (hash)          KEYS[2]  meta (hash)      KEYS[3]  log (stream)
KEYS[4]   rooms (hash)          KEYS[5]  paces (hash)     KEYS[6]  cards (hash)
KEYS[7]   out (hash)            KEYS[8]  outbox (stream)  KEYS[9]  bots (stream)
KEYS[10+] event lists of the rooms with new events, then of the closed rooms, then the lists of the replies,
          then the journals (lists) with new lines, then those that are whole, then those that are given up

ARGV[1]   owner                 ARGV[2]  epoch            ARGV[3]  lease's time to live in ms
ARGV[4]   head: number of the last commit we know of, or "" for any
ARGV[5]   last log id whose effect is in here, or ""      ARGV[6]  the first id to keep in the log, or ""
ARGV[7]   events to keep of a room                        ARGV[8]  ms that a reply waits for its reader
ARGV[9]   entries to keep in outbox                       ARGV[10] entries to keep in bots
ARGV[11]  prefix of the parcels' channels                 ARGV[12] channel of the card feed
ARGV[13]  message for the card feed, or ""                ARGV[14] sizes of the lists that follow, by spaces
ARGV[15]  ms that a whole journal waits for its recorder
ARGV[16]  PUBLISH or SPUBLISH, for the parcels; or "": tell.lua publishes and answers later
ARGV[17+] rooms: name, bytes ...       paces: group, bytes or "" ...
          cards: name, bytes ...       closed: name ...
          events, for each room: how many, bytes ...      replies: bytes ...
          outbox: bytes ...            bots: bytes ...    parcels: web, bytes ...
          journals: bytes ... (whole and given up ones have none)
          A room that is in several lists ends as closed: nothing of it stays.

Returns   the new head; or {owner, epoch, head} as they are when the lease or the head is not ours: nothing was done
Errors    none of its own
]]
local CHUNK = 4000 -- even, and under the number of arguments that unpack() takes

local held = redis.call('HMGET', KEYS[1], 'owner', 'epoch')
local head = redis.call('HGET', KEYS[2], 'commits') or '0'
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] or (ARGV[4] ~= '' and head ~= ARGV[4]) then
  return { held[1] or '', held[2] or '0', head }
end

local key, at = 10, 17 -- the next key and the next argument
local size = {}
for number in string.gmatch(ARGV[14], '%d+') do
  size[#size + 1] = tonumber(number)
end
local rooms, paces, cards, closed, events = size[1], size[2], size[3], size[4], size[5]
local replies, outbox, bots, parcels = size[6], size[7], size[8], size[9]
local journals, whole, given_up = size[10], size[11], size[12]

local function spread(command, name, count) -- the next `count` arguments, as few commands as possible
  local stop = at + count
  while at < stop do
    local upto = math.min(at + CHUNK, stop)
    redis.call(command, name, unpack(ARGV, at, upto - 1))
    at = upto
  end
end

local function file(name, keep, count) -- the next `count` arguments, as entries of a stream
  for i = at, at + count - 1 do
    redis.call('XADD', name, 'MAXLEN', '~', keep, '*', 'f', ARGV[i])
  end
  at = at + count
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- First a write that needs memory: if Redis has none, it refuses here and nothing is half done.
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + ARGV[3]))
head = redis.call('HINCRBY', KEYS[2], 'commits', 1)
local fed = ARGV[13] ~= '' and redis.call('HINCRBY', KEYS[2], 'fed', 1)

spread('HSET', KEYS[4], 2 * rooms)
for _ = 1, paces do
  if ARGV[at + 1] == '' then
    redis.call('HDEL', KEYS[5], ARGV[at])
  else
    redis.call('HSET', KEYS[5], ARGV[at], ARGV[at + 1])
  end
  at = at + 2
end
spread('HSET', KEYS[6], 2 * cards)
local gone = at
spread('HDEL', KEYS[4], closed)
at = gone
spread('HDEL', KEYS[6], closed)
for _ = 1, events do
  local count = tonumber(ARGV[at])
  at = at + 1
  spread('RPUSH', KEYS[key], count)
  redis.call('LTRIM', KEYS[key], -ARGV[7], -1)
  key = key + 1
end
for _ = 1, closed do
  redis.call('DEL', KEYS[key])
  key = key + 1
end
for _ = 1, replies do
  if ARGV[16] ~= '' then
    redis.call('LPUSH', KEYS[key], ARGV[at])
    redis.call('PEXPIRE', KEYS[key], ARGV[8])
  end
  key, at = key + 1, at + 1
end
file(KEYS[8], ARGV[9], outbox)
file(KEYS[9], ARGV[10], bots)

local parcel = at
at = at + 2 * parcels
for _ = 1, journals do
  redis.call('RPUSH', KEYS[key], ARGV[at])
  key, at = key + 1, at + 1
end
for _ = 1, whole do
  redis.call('PEXPIRE', KEYS[key], ARGV[15])
  key = key + 1
end
for _ = 1, given_up do
  redis.call('DEL', KEYS[key])
  key = key + 1
end

if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[2], 'last', ARGV[5])
  redis.call('XTRIM', KEYS[3], 'MINID', ARGV[6])
end

if ARGV[16] == '' then
  redis.call('HSET', KEYS[2], 'untold', head)
  return head
end
at = parcel
for _ = 1, parcels do
  local web = ARGV[at]
  local n = redis.call('HINCRBY', KEYS[7], web, 1)
  if redis.call(ARGV[16], ARGV[11] .. web, n .. ':' .. ARGV[at + 1]) == 0 then
    redis.call('HDEL', KEYS[7], web) -- nobody listens: whoever listens next starts to count anew
  end
  at = at + 2
end
if fed then
  redis.call('PUBLISH', ARGV[12], fed .. ':' .. ARGV[13])
end
return head
