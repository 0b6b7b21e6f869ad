import type { SoakEvent } from './chart.js';
import type { Sample } from './gateway.js';
import type { Tally } from './load.js';

/** By how much the last third may exceed the second one. */
const GROWTH = 1.05;
/** Codes that the load and the restarts of Redis ask for. */
const EXPECTED: ReadonlySet<string> = new Set([
  'ok',
  'INVALID_TARGET',
  'INVALID_TOKEN',
  'RATE_LIMITED',
  'UPSTREAM_UNAVAILABLE',
  'too_many_requests',
  'temporarily_unavailable',
]);

export interface SoakVerdict {
  readonly memory: readonly (readonly string[])[];
  readonly outcomes: readonly (readonly string[])[];
  /** Why the soak failed; empty when it did not. */
  readonly problems: readonly string[];
}

/** Compares the last third of a soak with the second one; the first one warms up. */
export function judgeSoak(
  samples: readonly Sample[],
  tally: Tally,
  events: readonly SoakEvent[],
  exitCode: number | null,
): SoakVerdict {
  const third = Math.floor(samples.length / 3);
  const [second, last] = [samples.slice(third, 2 * third), samples.slice(2 * third)];
  const mean = (part: readonly Sample[], of: (sample: Sample) => number) =>
    part.reduce((sum, sample) => sum + of(sample), 0) / part.length;
  const measures = {
    'heap, MB': ({ heapUsed }: Sample) => heapUsed / 1e6,
    'external, MB': ({ external }: Sample) => external / 1e6,
    'RSS, MB': ({ rss }: Sample) => rss / 1e6,
    handles: ({ handles }: Sample) => handles,
  };
  const compared = Object.entries(measures).map(([name, of]) => ({
    name,
    before: mean(second, of),
    after: mean(last, of),
  }));
  const unhandled = samples.at(-1)?.unhandled ?? 0;
  const outcomes = Object.entries(tally).flatMap(([kind, counts]) =>
    Object.entries(counts).map(([outcome, count]) => ({ kind, outcome, count })),
  );
  const count = (name: SoakEvent['name']) => events.filter((event) => event.name === name).length;
  return {
    memory: [
      ...compared.map(({ name, before, after }) => [
        name,
        before.toFixed(2),
        after.toFixed(2),
        `${((after / before - 1) * 100).toFixed(1)} %`,
      ]),
      ['reloads, rotations, restarts', '', '', `${count('reload')}, ${count('rotation')}, ${count('restart')}`],
      ['unhandled rejections', '', '', String(unhandled)],
    ],
    outcomes: outcomes.map(({ kind, outcome, count }) => [kind, outcome, String(count)]),
    problems: [
      ...compared
        .filter(({ name, before, after }) => name !== 'RSS, MB' && after > before * GROWTH && after - before > 1)
        .map(({ name }) => `${name}: grew by more than 5 %`),
      ...(unhandled > 0 ? [`${unhandled} rejections were not handled`] : []),
      ...(exitCode === 0 ? [] : [`the gateway ended with ${exitCode}`]),
      ...outcomes
        .filter(({ outcome }) => !EXPECTED.has(outcome))
        .map(({ kind, outcome, count }) => `${kind}: ${count} times ${outcome}, which nothing asked for`),
    ],
  };
}
