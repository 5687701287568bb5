--[[ Write and publish what one pass of an engine changed in some shards: of each shard everything, or nothing.

On a cluster a call is for one shard, since all its keys must be of one slot.

KEYS[1]+  for each shard: its lease (hash), its meta (hash), then the keys of its parts, in their order

ARGV[1]   ms that a lease lives                           ARGV[2]  PUBLISH or SPUBLISH, for the parcels
ARGV[3]   prefix of the parcels' channels                 ARGV[4]  channel of the card feed
ARGV[5]   events to keep of a room                        ARGV[6]  ms that a reply waits for its reader
ARGV[7]   entries to keep in outbox                       ARGV[8]  entries to keep in bots
ARGV[9]   ms that a whole journal waits for its recorder  ARGV[10] bytes of parcels in one message, if it has several
ARGV[11+] for each shard: its number, owner, epoch, head (number of the last commit we know of, or "" for any),
          last (log id up to which all effects are in here, or ""), how many keys and how many arguments its parts
          have; then the parts, each with its name, how many, and that many of:
            rooms    room, bytes            of the rooms (hash)
            paces    group, bytes or ""     of the paces (hash)
            cards    room, card             of the cards (hash)
            events   how many, bytes ...    of the event list of each room
            closed   room                   of rooms and cards (hashes), and the event list of each room
            replies  bytes                  of the list of each reply
            outbox   bytes                  of the outbox (stream)
            bots     bytes                  of the bots (stream)
            journals bytes                  of the journal (list) of each match
            whole    -                      of the journal of each match that is over
            given_up -                      of the journal of each match that is not kept
            trim     first id to keep       of the log (stream)
            untold   -                      nothing: tell.lua publishes and answers later
            fed      message, or ""         nothing: counts it, and publishes it on the card feed
            parcels  web, bytes             of out (hash)
          A room that is in several parts ends as closed: nothing of it stays.

Returns   for each shard the new head; or {owner, epoch, head} as they are, where lease or head are not ours: nothing
          was done there
Errors    none of its own
]]
local KEYS, ARGV, call = KEYS, ARGV, redis.call
local CHUNK = 4000 -- even, and under the number of arguments that unpack() takes
local TTL, MOST = tonumber(ARGV[1]), tonumber(ARGV[10])

local key, at = 1, 11 -- the next key and the next argument
local shard, meta, head -- of the shard in hand

local function next_key()
  key = key + 1
  return KEYS[key - 1]
end

local function spread(command, name, count) -- the next `count` arguments, as few commands as possible
  local stop = at + count
  while at < stop do
    local upto = math.min(at + CHUNK, stop)
    call(command, name, unpack(ARGV, at, upto - 1))
    at = upto
  end
end

local function file(name, keep, count) -- the next `count` arguments, as entries of a stream
  for i = at, at + count - 1 do
    call('XADD', name, 'MAXLEN', '~', keep, '*', 'f', ARGV[i])
  end
  at = at + count
end

local boxes, order = {}, {} -- what is to be published, by web process

local function send(web)
  local box = boxes[web]
  boxes[web] = nil
  local message = table.concat(box.labels, ' ') .. '\n' .. table.concat(box.parcels)
  if call(ARGV[2], ARGV[3] .. web, message) == 0 then
    for _, out in ipairs(box.outs) do
      call('HDEL', out, web) -- nobody listens: whoever listens next starts to count anew
    end
  end
end

local function pack(web, parcel, out)
  local box = boxes[web]
  if box and box.size + #parcel > MOST then
    send(web)
    box = nil
  end
  if not box then
    box = { labels = {}, parcels = {}, outs = {}, size = 0 }
    boxes[web] = box
    order[#order + 1] = web
  end
  local i = #box.labels + 1
  box.labels[i] = shard .. ':' .. call('HINCRBY', out, web, 1) .. ':' .. #parcel
  box.parcels[i], box.outs[i] = parcel, out
  box.size = box.size + #parcel
end

local parts = {
  rooms = function(count)
    spread('HSET', next_key(), 2 * count)
  end,
  paces = function(count)
    local paces = next_key()
    for _ = 1, count do
      if ARGV[at + 1] == '' then
        call('HDEL', paces, ARGV[at])
      else
        call('HSET', paces, ARGV[at], ARGV[at + 1])
      end
      at = at + 2
    end
  end,
  cards = function(count)
    spread('HSET', next_key(), 2 * count)
  end,
  events = function(count)
    for _ = 1, count do
      local list, several = next_key(), tonumber(ARGV[at])
      at = at + 1
      spread('RPUSH', list, several)
      call('LTRIM', list, -ARGV[5], -1)
    end
  end,
  closed = function(count)
    local first = at
    spread('HDEL', next_key(), count)
    at = first
    spread('HDEL', next_key(), count)
    for _ = 1, count do
      call('DEL', next_key())
    end
  end,
  replies = function(count)
    for _ = 1, count do
      local list = next_key()
      call('LPUSH', list, ARGV[at])
      call('PEXPIRE', list, ARGV[6])
      at = at + 1
    end
  end,
  outbox = function(count)
    file(next_key(), ARGV[7], count)
  end,
  bots = function(count)
    file(next_key(), ARGV[8], count)
  end,
  journals = function(count)
    for _ = 1, count do
      call('RPUSH', next_key(), ARGV[at])
      at = at + 1
    end
  end,
  whole = function(count)
    for _ = 1, count do
      call('PEXPIRE', next_key(), ARGV[9])
    end
  end,
  given_up = function(count)
    for _ = 1, count do
      call('DEL', next_key())
    end
  end,
  trim = function()
    call('XTRIM', next_key(), 'MINID', ARGV[at])
    at = at + 1
  end,
  untold = function()
    call('HSET', meta, 'untold', head)
  end,
  fed = function()
    local fed = call('HINCRBY', meta, 'fed', 1)
    if ARGV[at] ~= '' then
      call('PUBLISH', ARGV[4], fed .. ':' .. ARGV[at])
    end
    at = at + 1
  end,
  parcels = function(count)
    local out = next_key()
    for _ = 1, count do
      pack(ARGV[at], ARGV[at + 1], out)
      at = at + 2
    end
  end,
}

local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answers = {}
while at <= #ARGV do
  local owner, epoch, known, last = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local more_keys, more_args = tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6])
  local lease = next_key()
  shard, meta, at = ARGV[at], next_key(), at + 7
  local held = call('HMGET', lease, 'owner', 'epoch', 'until')
  head = call('HGET', meta, 'commits') or '0'
  if held[1] ~= owner or held[2] ~= epoch or (known ~= '' and head ~= known) then
    answers[#answers + 1] = { held[1] or '', held[2] or '0', head }
    key, at = key + more_keys, at + more_args
  else
    -- The first write of all needs memory: if Redis has none, it refuses here, and nothing is done in any shard. Once
    -- a script has written, Redis lets it write on.
    local stop = at + more_args
    answers[#answers + 1] = head + 1
    head = string.format('%.0f', head + 1)
    if last == '' then
      call('HSET', meta, 'commits', head)
    else
      call('HSET', meta, 'commits', head, 'last', last)
    end
    if not held[3] or held[3] - now < 0.8 * TTL then -- the rounds of balancing renew it, most often
      call('HSET', lease, 'until', string.format('%.0f', now + TTL))
    end
    while at < stop do
      local part, count = parts[ARGV[at]], tonumber(ARGV[at + 1])
      at = at + 2
      part(count)
    end
  end
end
for _, web in ipairs(order) do
  if boxes[web] then
    send(web)
  end
end
return answers
