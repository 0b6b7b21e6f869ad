import cluster from 'node:cluster';
import { openSync, writeSync } from 'node:fs';
import { pino } from 'pino';

/** Where lines are written: standard error, or the end of a file. */
export type LineDestination = 'stderr' | { readonly file: string };

/** The most bytes that wait for a destination which takes none, such as a full disk or a pipe that nobody reads. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** After a failure the rest is tried again after this time, also when no line comes. */
const RETRY_MS = 1_000;
/** What a pipe takes in one piece, so that the lines of several processes do not mix (`PIPE_BUF` of Linux). */
const PIECE_BYTES = 4_096;

/** The lines that this process has lost since its start, by kind of destination. */
export const lostLines = { stderr: 0, file: 0 };

/**
 * Writes lines without waiting for the destination: all lines of one turn of the event loop in one write, on the thread
 * pool. Whatever waits is written when the process exits, also after an uncaught error. SIGKILL loses the lines of the turn
 * that it interrupts, and those that a slow destination has not taken yet.
 */
export class LineWriter {
  readonly #kind: keyof typeof lostLines;
  readonly #descriptor: number;
  readonly #stream: ReturnType<typeof pino.destination>;
  /** Lines of this turn. */
  #lines: string[] = [];
  /** Bytes that are not written yet. */
  #waiting = 0;
  #closed: Promise<void> | undefined;
  #exiting = false;
  #lost = 0;
  #isLosing = false;

  /**
   * @param onError gets the error of a write; what was not written is tried again
   * @throws Error when the destination cannot be opened
   */
  constructor(destination: LineDestination, onError: (error: unknown) => void) {
    this.#kind = destination === 'stderr' ? 'stderr' : 'file';
    this.#descriptor = destination === 'stderr' ? 2 : openSync(destination.file, 'a', 0o600);
    // Before the handler of the stream, which would try again for ever to write to a full pipe.
    if (!flushesAtExit) process.once('exit', flushWriters);
    flushesAtExit = true;
    this.#stream = pino.destination({
      dest: this.#descriptor,
      sync: false,
      ...(cluster.isWorker && { maxWrite: PIECE_BYTES }),
      // A full pipe is tried again every 100 ms, but not when the process exits.
      retryEAGAIN: () => !this.#exiting,
    });
    this.#stream.on('write', (bytes: number) => {
      this.#waiting -= bytes;
      if (this.#waiting <= MAX_WAITING_BYTES / 2) this.#isLosing = false;
    });
    this.#stream.on('error', (error) => {
      onError(error);
      if (!this.#closed) setTimeout(() => this.#stream.write(''), RETRY_MS).unref();
    });
    writers.add(this);
  }

  /** The number of lines that were lost because too many waited. */
  get lost(): number {
    return this.#lost;
  }

  /** Whether lines are lost: from the first one until half of what may wait is free again. */
  get isLosing(): boolean {
    return this.#isLosing;
  }

  /**
   * @param line ends with a line feed
   * @returns false when the line is lost, because too many wait
   */
  write(line: string): boolean {
    const bytes = Buffer.byteLength(line);
    if (this.#waiting + bytes > MAX_WAITING_BYTES) {
      this.#lost++;
      lostLines[this.#kind]++;
      this.#isLosing = true;
      return false;
    }
    this.#waiting += bytes;
    if (this.#lines.length === 0) setImmediate(() => this.#handOn());
    this.#lines.push(line);
    return true;
  }

  /** Writes what waits and closes the file; resolves also when that fails. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#handOn();
      writers.delete(this);
      this.#stream.once('close', resolve).once('error', () => resolve());
      this.#stream.end();
    });
    return this.#closed;
  }

  /** Writes what waits, as far as the destination takes it at once. */
  flushBeforeExit(): void {
    this.#exiting = true;
    try {
      this.#stream.flushSync();
      // Not by the stream: it would begin a write on the thread pool, for which an exit does not wait.
      if (this.#lines.length > 0) writeSync(this.#descriptor, this.#lines.join(''));
    } catch {
      // The process is about to exit: nothing could report it.
    }
  }

  #handOn(): void {
    const lines = this.#lines;
    this.#lines = [];
    // The stream joins lines up to a piece.
    if (cluster.isWorker) for (const line of lines) this.#stream.write(line);
    else if (lines.length > 0) this.#stream.write(lines.join(''));
  }
}

/** The writers whose lines an exit would lose. */
const writers = new Set<LineWriter>();
/** Whether the process has its handler, which the first writer adds. */
let flushesAtExit = false;

function flushWriters(): void {
  for (const writer of writers) writer.flushBeforeExit();
}

let stderr: LineWriter | undefined;

/** The writer of standard error, which the log and the audit log share. */
export function stderrWriter(): LineWriter {
  stderr ??= new LineWriter('stderr', () => {});
  return stderr;
}
