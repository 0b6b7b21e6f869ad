import { DelegationError, MASKED_MESSAGE } from '../errors.js';
import type { Log } from './log.js';
import { locateSource } from './source-location.js';

/**
 * Returns a DelegationError as it is. Logs any other error under the request id, and returns an INTERNAL error that
 * contains nothing of it.
 */
export function maskUnexpected(error: unknown, log: Pick<Log, 'error'>, requestId: string): DelegationError {
  if (error instanceof DelegationError) return error;
  log.error({ requestId, error: describeError(error) }, 'unexpected error');
  return new DelegationError('INTERNAL', MASKED_MESSAGE);
}

const LONG_RUN = /[\w.~+/=-]{24,}/g;

/**
 * Describes an unexpected error so that it is safe to log: its type, where it was thrown, and its message without
 * anything that is long enough to be a token or a key.
 */
export function describeError(error: unknown): { type: string; message: string; at?: string } {
  if (!(error instanceof Error)) return { type: typeof error, message: '' };
  const at = error.stack?.split('\n').find((line) => line.trimStart().startsWith('at '));
  return {
    type: error.name,
    message: error.message.replace(LONG_RUN, '…'),
    ...(at && { at: locateSource(at.trim()) }),
  };
}
