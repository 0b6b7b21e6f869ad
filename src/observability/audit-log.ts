import { pino } from 'pino';
import type { Log } from './log.js';
import { describeError } from './unexpected-error.js';

/** Where audit events are written: standard error, or the end of a file. */
export type AuditDestination = 'stderr' | { readonly file: string };

/** Takes audit events, one JSON object a line, whatever the level of the log is. */
export interface AuditLog {
  write(event: object): void;
  close(): void;
}

/** @throws Error when the file cannot be opened */
export type OpenAuditLog = (destination: AuditDestination, log: Pick<Log, 'error'>) => AuditLog;

/** Bytes of events that are kept while the destination takes none, as a full disk does. */
const MAX_UNWRITTEN_BYTES = 16 * 1024 * 1024;

/**
 * Opens an audit log. An event is written before the answer is sent. A file is created for its owner alone. What cannot be
 * written is reported to the log and tried again with the next event.
 */
export const openAuditLog: OpenAuditLog = (destination, log) => {
  const stream = pino.destination({
    dest: destination === 'stderr' ? 2 : destination.file,
    sync: true,
    append: true,
    mode: 0o600,
    maxLength: MAX_UNWRITTEN_BYTES,
  });
  const report = (error: unknown) => log.error({ error: describeError(error) }, 'audit event not written');
  stream.on('error', report);
  stream.on('drop', () => log.error({}, 'audit event lost: too many are not written'));
  let open = true;
  return {
    write(event) {
      try {
        stream.write(`${JSON.stringify(event)}\n`);
      } catch (error) {
        report(error);
      }
    },
    close() {
      if (open && destination !== 'stderr') stream.end();
      open = false;
    },
  };
};
