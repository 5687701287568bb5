--[[ Append packs of entries to a shard's log, unless it is full.

KEYS[1]  log of the shard (stream)
ARGV[1]  how many unread packs the log may hold
ARGV[2]  key of the field in each stream entry
ARGV[3+] the packs, each as bytes
Returns  the id of each pack, in order; nil for those that no longer fitted
Errors   none of its own
]]
local room = tonumber(ARGV[1]) - redis.call('XLEN', KEYS[1])
local ids = {}
for i = 3, #ARGV do
  if room > 0 then
    ids[i - 2] = redis.call('XADD', KEYS[1], '*', ARGV[2], ARGV[i])
    room = room - 1
  else
    ids[i - 2] = false
  end
end
return ids
