import { pino } from 'pino';
import type { OpenAuditLog } from '../../src/observability/audit-log.js';
import type { Log } from '../../src/observability/log.js';
import { secrets } from './secrets.js';

export interface RecordingLog extends Log {
  /** Every line, as it would have been written. */
  readonly lines: string[];
  /** Keeps audit events among the lines. */
  readonly openAuditLog: OpenAuditLog;
  /** The audit events of all lines, or of the last ones, parsed. */
  audits(lastLines?: number): Record<string, unknown>[];
}

/** A real log that keeps its lines. */
export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  const parsed: Record<string, unknown>[] = [];
  const write = (line: string) => {
    lines.push(line);
    secrets.observe('a line of the log', line);
  };
  const log = pino({ base: undefined }, { write });
  return Object.assign(log, {
    lines,
    openAuditLog: () => ({
      isLosing: false,
      write: (event: object) => write(JSON.stringify(event)),
      close: async () => {},
    }),
    audits(lastLines = lines.length) {
      for (const line of lines.slice(parsed.length)) parsed.push(JSON.parse(line));
      return parsed.slice(-lastLines).filter(({ audit }) => audit !== undefined);
    },
  });
}

/** The log and the audit log of a gateway of which nobody reads either. */
export function recordingLogs(): { readonly log: RecordingLog; readonly openAuditLog: OpenAuditLog } {
  const log = recordingLog();
  return { log, openAuditLog: log.openAuditLog };
}
