import { READ_REDIS_CLOCK, Script } from './script.js';

/** How long an attempt counts in the script: whole seconds, so that it never counts for less than a minute. */
export const COUNTED_SECONDS = 61;

/**
 * Counts attempts where there is room. KEYS is a log: a hash of the attempts of each second, 62 fields at most. ARGV has
 * the number of attempts and the most in a minute. The log expires when its last attempt does not count any more.
 *
 * @returns the attempts counted before; where there is no room also the clock in epoch milliseconds, and the log as second,
 *   attempts, second, attempts, …
 */
export const RESERVE_ATTEMPTS = new Script(`${READ_REDIS_CLOCK}
local second = tonumber(time[1])
local log = redis.call('HGETALL', KEYS[1])
local counted, reply = 0, {}
for i = 1, #log, 2 do
  if tonumber(log[i]) <= second - ${COUNTED_SECONDS} then
    redis.call('HDEL', KEYS[1], log[i])
  else
    counted = counted + tonumber(log[i + 1])
    reply[#reply + 1] = log[i]
    reply[#reply + 1] = log[i + 1]
  end
end
if counted + tonumber(ARGV[1]) <= tonumber(ARGV[2]) then
  redis.call('HINCRBY', KEYS[1], time[1], ARGV[1])
  redis.call('EXPIRE', KEYS[1], ${COUNTED_SECONDS})
  return { counted }
end
table.insert(reply, 1, counted)
table.insert(reply, 2, string.format('%.0f', now))
return reply
`);
