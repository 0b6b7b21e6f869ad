import { type Fault, faultAt, type Path } from './faults.js';

/**
 * A configuration as far as it could be read. Parts of it may be faulty; the others can still be tried, so that what
 * shows only when they come together is said at once too.
 */
export class Draft {
  readonly #faulty: readonly Path[];
  readonly #document: unknown;
  readonly #value: unknown;

  /**
   * @param value what the schema made of the document, with rubbish at the faulty paths
   * @param faulty where the schema found faults
   */
  constructor(document: unknown, value: unknown, faulty: readonly Path[]) {
    this.#document = document;
    this.#value = value;
    this.#faulty = faulty;
  }

  /** Whether what is at a path is right: it, all that it belongs to and all that is in it. */
  isSound(...path: Path): boolean {
    return !this.#faulty.some((each) => path.every((step, index) => index >= each.length || each[index] === step));
  }

  /** What the schema made of what is at a path; to be looked at only where that is sound. */
  at(...path: Path): unknown {
    return path.reduce<unknown>(
      (at, step) => (at as Record<string | number, unknown> | null | undefined)?.[step],
      this.#value,
    );
  }

  /** The positions of a list, faulty entries included; none where there is no list. */
  positions(...path: Path): number[] {
    const list = this.at(...path);
    return Array.isArray(list) ? [...list.keys()] : [];
  }

  /** @param expected continues the sentence "expected …" */
  fault(path: Path, expected: string): Fault {
    return faultAt(this.#document, path, expected);
  }
}
