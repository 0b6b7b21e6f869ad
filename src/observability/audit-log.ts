import { type LineDestination, LineWriter, stderrWriter } from './line-writer.js';
import type { Log } from './log.js';
import { describeError } from './unexpected-error.js';

/** Where audit events are written: standard error, or the end of a file. */
export type AuditDestination = LineDestination;

/** Takes audit events, one JSON object a line, whatever the level of the log is. */
export interface AuditLog {
  write(event: object): void;
  /** Whether events are being lost, because the destination does not take them. */
  readonly isLosing: boolean;
  /** Writes what waits, and closes the file. */
  close(): Promise<void>;
}

/** @throws Error when the file cannot be opened */
export type OpenAuditLog = (destination: AuditDestination, log: Pick<Log, 'error'>) => AuditLog;

/**
 * Opens an audit log. A file is created for its owner alone. What cannot be written is reported to the log and tried again
 * until it is.
 */
export const openAuditLog: OpenAuditLog = (destination, log) => {
  const report = (error: unknown) => log.error({ error: describeError(error) }, 'audit event not written');
  const writer = destination === 'stderr' ? stderrWriter() : new LineWriter(destination, report);
  /** Events lost since one was taken. */
  let lost = 0;
  return {
    get isLosing() {
      return writer.isLosing;
    },
    write(event) {
      if (!writer.write(`${JSON.stringify(event)}\n`)) {
        if (lost++ === 0) log.error({}, 'audit events are being lost: too many are not written');
      } else if (lost > 0) {
        log.error({ lost }, 'audit events were lost');
        lost = 0;
      }
    },
    close: async () => {
      if (destination !== 'stderr') await writer.close();
    },
  };
};
