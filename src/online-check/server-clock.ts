import type { Deps } from '../deps.js';

/** A `fetch` that notes by how much the clock of the server and that of this machine differ. */
export interface ClockReader {
  readonly fetch: Deps['fetch'];
  /** Whole seconds that the server is ahead; undefined where no response said. */
  secondsAhead(): number | undefined;
}

/**
 * Reads the clock of one origin from the Date of its responses and, where a cache sent it, its Age (RFC 9111 §4.2.3). The
 * smallest difference of several responses counts: a slow response only makes it larger.
 */
export function createClockReader({ fetch, now }: Pick<Deps, 'fetch' | 'now'>): ClockReader {
  const differences: number[] = [];
  return {
    async fetch(input, init) {
      const sentMs = now();
      const response = await fetch(input, init);
      const age = Number(response.headers.get('age') ?? 0);
      // Date counts whole seconds.
      const serverMs = Date.parse(response.headers.get('date') ?? '') + 500 + age * 1000;
      const difference = Math.round((serverMs - (sentMs + now()) / 2) / 1000);
      if (Number.isFinite(difference)) differences.push(difference);
      return response;
    },
    secondsAhead: () => differences.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0],
  };
}
