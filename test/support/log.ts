import { pino } from 'pino';
import type { Log } from '../../src/observability/log.js';
import { secrets } from './secrets.js';

export interface RecordingLog extends Log {
  /** Every line, as it would have been written. */
  readonly lines: string[];
  /** The audit lines, parsed. */
  audits(): Record<string, unknown>[];
}

/** A real log that keeps its lines. */
export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  const write = (line: string) => {
    lines.push(line);
    secrets.observe('a line of the log', line);
  };
  const log = pino({ base: undefined }, { write });
  return Object.assign(log, {
    lines,
    audits: () => lines.map((line) => JSON.parse(line)).filter((line) => line.audit !== undefined),
  });
}
