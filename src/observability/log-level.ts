/** The levels of a log, from the most to the least that it says. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Reads LOG_LEVEL: `info` when it is not set or empty, undefined when it is no level. */
export function readLogLevel(env: NodeJS.ProcessEnv = process.env): LogLevel | undefined {
  const text = env.LOG_LEVEL || 'info';
  return LOG_LEVELS.find((level) => level === text);
}
