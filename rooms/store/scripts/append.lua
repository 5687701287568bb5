--[[ Append packs of entries to the logs of some shards, each unless it is full.

KEYS[1]+ logs of the shards (streams)
ARGV[1]  how many unread packs a log may hold
ARGV[2]  key of the field in each stream entry
ARGV[3]  how many packs are for each log, by spaces
ARGV[4+] the packs, each as bytes: those for the first log, then those for the second ...
Returns  the id of each pack, in order; nil for those that no longer fitted
Errors   none of its own; packs before one that Redis refused are appended
]]
local limit, field, at = tonumber(ARGV[1]), ARGV[2], 4
local ids = {}
local key = 0
for count in string.gmatch(ARGV[3], '%d+') do
  key = key + 1
  local room = limit - redis.call('XLEN', KEYS[key])
  for _ = 1, tonumber(count) do
    if room > 0 then
      ids[at - 3] = redis.call('XADD', KEYS[key], '*', field, ARGV[at])
      room = room - 1
    else
      ids[at - 3] = false
    end
    at = at + 1
  end
end
return ids
