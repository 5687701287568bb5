--[[ Remove the consumers of a group that have been silent for long and owe nothing.

KEYS[1]  stream
ARGV[1]  group
ARGV[2]  silence in ms
Returns  how many were removed
Errors   NOGROUP when the group does not exist
]]
local removed = 0
for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for i = 1, #row, 2 do
    consumer[row[i]] = row[i + 1]
  end
  if consumer.pending == 0 and consumer.idle > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer.name)
    removed = removed + 1
  end
end
return removed
