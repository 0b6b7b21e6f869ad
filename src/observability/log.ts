import { type Logger, pino } from 'pino';
import { stderrWriter } from './line-writer.js';
import { type LogLevel, readLogLevel } from './log-level.js';

/** A structured log, one JSON object a line. No line may hold a token, a key or a secret. */
export type Log = Pick<Logger, 'info' | 'warn' | 'error'>;

/** Makes other text of a line of JSON. */
export type LineFormat = (line: string) => string;

/** Creates a log on standard error: standard output is for the results of commands. */
export function createLog(level: LogLevel = readLogLevel() ?? 'info', format: LineFormat = (line) => line): Log {
  const writer = stderrWriter();
  const options = { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(options, { write: (line) => void writer.write(format(line)) });
}

/** Loads the format for a person at a terminal; undefined when standard error is none. */
export async function loadTerminalFormat(): Promise<LineFormat | undefined> {
  if (!process.stderr.isTTY) return undefined;
  const { default: pretty } = await import('pino-pretty');
  return pretty.prettyFactory({ colorize: !process.env.NO_COLOR });
}
