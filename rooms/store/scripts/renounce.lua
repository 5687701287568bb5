--[[ Say that a shard's data went back: what its rooms remember is not what was played. Once for each memory.

The head grows, so that the present owner's next commit is refused: it loads the shard anew, and ends those rooms.

KEYS[1]  meta of the shard (hash)
ARGV[1]  the word of the memory that failed
ARGV[2]  the new one
Returns  1, or 0 when the shard has another memory already
Errors   none of its own
]]
if redis.call('HGET', KEYS[1], 'memory') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'memory', ARGV[2])
redis.call('HINCRBY', KEYS[1], 'commits', 1)
return 1
