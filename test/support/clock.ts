/** A clock that moves only when it is told to. Epoch milliseconds. */
export interface TestClock {
  now: () => number;
  /** Epoch seconds. */
  seconds: () => number;
  advance(ms: number): void;
}

export function testClock(start = Date.UTC(2026, 0, 1)): TestClock {
  let current = start;
  return {
    now: () => current,
    seconds: () => Math.floor(current / 1000),
    advance(ms) {
      current += ms;
    },
  };
}
