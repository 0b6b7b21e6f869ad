import type { RateLimitFigures } from '../../../errors.js';
import type { Builder } from './builder.js';

/** The type RateLimit: the same figures as the X-RateLimit-* headers. */
export function rateLimitType(builder: Builder) {
  return builder.objectRef<RateLimitFigures>('RateLimit').implement({
    description:
      'How much delegation a user has left from one IP address: a bucket that holds `limit` requests and fills up at a steady rate. Refused requests cost nothing.',
    fields: (t) => ({
      limit: t.exposeInt('limit', { description: 'How many requests a full bucket holds. Also in X-RateLimit-Limit.' }),
      remaining: t.exposeInt('remaining', {
        description: 'How many requests can be made now. Also in X-RateLimit-Remaining.',
      }),
      resetAt: t.field({
        type: 'DateTime',
        description: 'When the bucket is full again if nothing more is spent.',
        resolve: ({ reset }) => new Date(reset * 1000),
      }),
      reset: t.expose('reset', {
        type: 'EpochSeconds',
        description: 'The same as `resetAt`, in epoch seconds. Also in X-RateLimit-Reset.',
      }),
      retryAfter: t.exposeInt('retryAfter', {
        nullable: true,
        description: 'Seconds until the next request is possible; null while requests remain.',
      }),
    }),
  });
}
