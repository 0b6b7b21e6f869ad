import { TICKS } from '../rate-limit/token-bucket.js';
import { READ_REDIS_CLOCK, Script } from './script.js';

/** The scripts over buckets, as functions of token-bucket.ts. Numbers are doubles in Lua too; tostring would round them. */
export interface BucketScripts {
  /**
   * `takeAll`. KEYS are buckets; ARGV has burst and refill of each of them. A bucket that is written expires when it is full
   * again.
   *
   * @returns whether it is allowed (1 or 0), the clock in epoch milliseconds, and the buckets after the decision
   */
  readonly take: Script;
  /** Returns the clock in epoch milliseconds, and the buckets. */
  readonly peek: Script;
}

/** @param readClock Lua that defines `now`; only a test has a clock of its own */
export function createBucketScripts(readClock = READ_REDIS_CLOCK): BucketScripts {
  const format = `
local function format(number) return string.format('%.0f', number) end
${readClock}`;
  return {
    take: new Script(`${format}
local ticks, buckets, full_at = {}, {}, {}
local allowed = true
for i, key in ipairs(KEYS) do
  local burst, refill = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  ticks[i] = (now - ${TICKS.epochMs}) * refill
  buckets[i] = redis.call('GET', key)
  full_at[i] = ticks[i]
  if buckets[i] then full_at[i] = math.max(tonumber(buckets[i]), ticks[i]) end
  if full_at[i] - ticks[i] > (burst - 1) * ${TICKS.cost} then allowed = false end
end
local reply = { allowed and 1 or 0, format(now) }
for i, key in ipairs(KEYS) do
  if allowed then
    full_at[i] = full_at[i] + ${TICKS.cost}
    buckets[i] = format(full_at[i])
    local ms = math.ceil((full_at[i] - ticks[i]) / tonumber(ARGV[2 * i]))
    redis.call('SET', key, buckets[i], 'PX', format(ms))
  end
  reply[i + 2] = buckets[i] or ''
end
return reply
`),
    peek: new Script(`${format}
local reply = { format(now) }
for i, key in ipairs(KEYS) do reply[i + 1] = redis.call('GET', key) or '' end
return reply
`),
  };
}
