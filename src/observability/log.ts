import { type Logger, pino } from 'pino';

/** Structured logging, one JSON object a line. Nothing that is logged may hold a token, a key or a secret. */
export type Log = Pick<Logger, 'info' | 'warn' | 'error'>;

/** A log on standard error, so that standard output stays free for what a command answers. */
export function createLog(level: string = process.env.LOG_LEVEL ?? 'info'): Log {
  return pino(
    { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** A log that keeps nothing. */
export const silentLog: Log = pino({ level: 'silent' });

const LONG_RUN = /[\w.~+/=-]{24,}/g;

/**
 * An unexpected error in a form that is safe to log: its kind and place, and its message without anything long
 * enough to be a token or a key.
 */
export function describeError(error: unknown): { type: string; message: string; at?: string } {
  if (!(error instanceof Error)) return { type: typeof error, message: '' };
  const at = error.stack?.split('\n').find((line) => line.trimStart().startsWith('at '));
  return { type: error.name, message: error.message.replace(LONG_RUN, '…'), ...(at && { at: at.trim() }) };
}
