import type { RateLimitStatus } from '../../../rate-limit/token-bucket.js';
import type { Builder } from './builder.js';

/** Adds the type RateLimit, which has the same numbers as the X-RateLimit-* headers. */
export function addRateLimitType(builder: Builder) {
  return builder.objectRef<RateLimitStatus>('RateLimit').implement({
    description:
      'The limit of a user: a bucket that holds `limit` requests and refills at a steady rate. A user has one for each IP address and one over all addresses, and every request needs both: this is the one with fewer requests remaining. Refused requests cost nothing.',
    fields: (t) => ({
      limit: t.exposeInt('limit', {
        description: 'The number of requests that a full bucket holds. Also in X-RateLimit-Limit.',
      }),
      remaining: t.exposeInt('remaining', {
        description: 'The number of requests that are possible now. Also in X-RateLimit-Remaining.',
      }),
      resetAt: t.field({
        type: 'DateTime',
        description: 'When the bucket is full again if no more requests are spent.',
        resolve: ({ reset }) => new Date(reset * 1000),
      }),
      reset: t.expose('reset', {
        type: 'EpochSeconds',
        description: '`resetAt` in epoch seconds. Also in X-RateLimit-Reset.',
      }),
      retryAfter: t.exposeInt('retryAfter', {
        nullable: true,
        description: 'Seconds until the next request is possible; null while requests remain.',
      }),
    }),
  });
}

export type RateLimitRef = ReturnType<typeof addRateLimitType>;
