import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

export interface ReadTextFileOptions {
  readonly maxBytes: number;
  /** Whether a pipe or a device is refused. Opening a pipe would wait for its writer. */
  readonly regularOnly?: boolean;
}

const CHUNK_BYTES = 65_536;

/**
 * Reads a file as UTF-8. A file that does not end, such as `/dev/zero`, is read up to the limit. Symbolic links are
 * followed: Kubernetes mounts secrets behind them.
 *
 * @throws Error whose `code` says why, to be shown in parentheses
 */
export function readTextFile(path: string, { maxBytes, regularOnly = false }: ReadTextFileOptions): string {
  const descriptor = openSync(path, constants.O_RDONLY | (regularOnly ? (constants.O_NONBLOCK ?? 0) : 0));
  try {
    const stats = fstatSync(descriptor);
    if (regularOnly && !stats.isFile() && !stats.isDirectory()) throw unfit('not a regular file');
    return readUpTo(descriptor, maxBytes).toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}

function readUpTo(descriptor: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const length = readSync(descriptor, chunk);
    if (length === 0) return Buffer.concat(chunks);
    total += length;
    if (total > maxBytes) throw unfit(`larger than ${maxBytes} bytes`);
    chunks.push(chunk.subarray(0, length));
  }
}

function unfit(code: string): Error {
  return Object.assign(new Error(`The file is ${code}`), { code });
}
