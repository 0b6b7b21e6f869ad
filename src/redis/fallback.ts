import { DelegationError } from '../errors.js';
import { describeFailure, RedisReplyError, StoreUnavailableError } from './errors.js';

const RETRY_SECONDS = 1;

/**
 * Decides without Redis: with the local store where there is one (`allow_local`), else not at all (`deny`).
 *
 * @throws DelegationError UPSTREAM_UNAVAILABLE where there is no local store; any other error as it is
 */
export function fallBack<Local, Result>(
  error: unknown,
  local: Local | undefined,
  decide: (local: Local) => Result,
): Result {
  if (!(error instanceof StoreUnavailableError || error instanceof RedisReplyError)) throw error;
  if (local !== undefined) return decide(local);
  const message = `The store of the limits is not available: Redis ${describeFailure(error)}; try again in ${RETRY_SECONDS} s`;
  throw new DelegationError('UPSTREAM_UNAVAILABLE', message, { retryAfter: RETRY_SECONDS });
}
