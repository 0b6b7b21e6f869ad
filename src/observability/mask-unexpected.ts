import { DelegationError, MASKED_MESSAGE } from '../errors.js';
import { describeError, type Log } from './log.js';

/**
 * Returns a DelegationError as it is. Logs any other error under the request id, and returns an INTERNAL error that
 * contains nothing of it.
 */
export function maskUnexpected(error: unknown, log: Pick<Log, 'error'>, requestId: string): DelegationError {
  if (error instanceof DelegationError) return error;
  log.error({ requestId, error: describeError(error) }, 'unexpected error');
  return new DelegationError('INTERNAL', MASKED_MESSAGE);
}
