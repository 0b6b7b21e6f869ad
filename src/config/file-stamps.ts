import { statSync } from 'node:fs';

/** Files that were read, and what tells later whether they have changed. */
export class FileStamps {
  readonly #stamps = new Map<string, string>();

  /** Notes a file that is about to be read: a change while it is read is noticed. */
  record(path: string): void {
    this.#stamps.set(path, readStamp(path));
  }

  /** Notes the same files as they are now. */
  again(): FileStamps {
    const now = new FileStamps();
    for (const path of this.#stamps.keys()) now.record(path);
    return now;
  }

  equals(other: FileStamps): boolean {
    if (other.#stamps.size !== this.#stamps.size) return false;
    return [...this.#stamps].every(([path, stamp]) => other.#stamps.get(path) === stamp);
  }
}

/**
 * Identifies a version of a file without reading it. Symbolic links are followed, so that a file is another one when a link
 * on its path points elsewhere, as Kubernetes does it.
 */
function readStamp(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
