import { type Logger, pino } from 'pino';

/** A structured log, one JSON object a line. No line may hold a token, a key or a secret. */
export type Log = Pick<Logger, 'info' | 'warn' | 'error'>;

/** Creates a log on standard error: standard output is for the results of commands. */
export function createLog(level: string = process.env.LOG_LEVEL ?? 'info'): Log {
  return pino(
    { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}

const LONG_RUN = /[\w.~+/=-]{24,}/g;

/**
 * Describes an unexpected error so that it is safe to log: its type, where it was thrown, and its message without
 * anything that is long enough to be a token or a key.
 */
export function describeError(error: unknown): { type: string; message: string; at?: string } {
  if (!(error instanceof Error)) return { type: typeof error, message: '' };
  const at = error.stack?.split('\n').find((line) => line.trimStart().startsWith('at '));
  return { type: error.name, message: error.message.replace(LONG_RUN, '…'), ...(at && { at: at.trim() }) };
}
