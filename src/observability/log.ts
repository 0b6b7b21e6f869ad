import { type Logger, pino } from 'pino';
import { stderrWriter } from './line-writer.js';

/** A structured log, one JSON object a line. No line may hold a token, a key or a secret. */
export type Log = Pick<Logger, 'info' | 'warn' | 'error'>;

/** Creates a log on standard error: standard output is for the results of commands. */
export function createLog(level: string = process.env.LOG_LEVEL ?? 'info'): Log {
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, stderrWriter());
}
