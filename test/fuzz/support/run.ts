import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Choices, entropy } from './choices.js';
import { startWatchdog } from './watchdog.js';

/** What became of a case: a short name, such as an error code, and the message that explains it. */
export interface Outcome {
  readonly name: string;
  readonly message?: string | undefined;
}

export interface Target<Case> {
  readonly name: string;
  /** The number of cases in CI. `npm test` has a twentieth of them, `npm run fuzz` ten times as many. */
  readonly cases: number;
  build(choices: Choices): Case;
  /** Runs a case. Throws when a property does not hold. */
  run(input: Case): Promise<Outcome> | Outcome;
  /** A case as a failure shows it. */
  describe(input: Case): string;
  /** The least share of outcomes, in percent: without it most of the cases may have failed at the first check. */
  readonly atLeast: Readonly<Record<string, number>>;
  /** The least number of different outcomes, messages counted. */
  readonly kinds: number;
  /** Whether a case takes so long that a failure is reported as it was found, and not made smaller. */
  readonly slow?: true;
}

const FACTOR = Number(process.env.FUZZ_FACTOR ?? 0.05);
const SEED = process.env.FUZZ_SEED === undefined ? (Math.random() * 2 ** 31) | 0 : Number(process.env.FUZZ_SEED);
const PATH = process.env.FUZZ_PATH;
/** Processor time, in milliseconds. */
const LIMIT_MS = 1_000;
/** Real time, after which a case that waits for something is given up. */
const TIMEOUT_MS = 10_000;

/** Runs a target with random cases as one test, and prints how many cases had which outcome. */
export function fuzz<Case>(target: Target<Case>): void {
  const cases = Math.round(target.cases * FACTOR);
  const options = { timeout: 120_000 + cases * 100 };
  it(`${target.name}: ${cases} random cases hold every property`, options, async () => {
    const tally = new Tally(target.name, cases);
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown) => void rejections.push(reason);
    // Of libraries, which may quote what they were given. Those of Node.js have names such as ExperimentalWarning.
    const warnings: string[] = [];
    const onWarning = ({ name, message }: Error) => {
      if (name === 'Warning') warnings.push(message);
    };
    process.on('unhandledRejection', onRejection);
    process.on('warning', onWarning);
    print(`fuzz ${target.name}: ${cases} cases, FUZZ_SEED=${SEED}`);
    const watchdog = startWatchdog(`fuzz ${target.name}, FUZZ_SEED=${SEED}`);
    try {
      await fc.assert(
        fc.asyncProperty(entropy, async (each) => {
          watchdog.next();
          const input = target.build(new Choices(each));
          try {
            tally.count(await runWithinLimit(target, input));
            if (warnings.length > 0) throw new Error(`Node.js printed a warning: ${warnings.splice(0).join('; ')}`);
            if (rejections.length > 0)
              throw new Error('a promise was rejected and not handled', { cause: rejections[0] });
          } catch (error) {
            throw new Error(`${describeError(error)}\nThe case: ${shorten(target.describe(input))}`);
          }
        }),
        {
          numRuns: cases,
          seed: SEED,
          timeout: TIMEOUT_MS,
          endOnFailure: target.slow ?? false,
          ...(PATH !== undefined && { path: PATH }),
        },
      );
      await setImmediate();
      expect(rejections, 'promises that were rejected and not handled').toEqual([]);
    } finally {
      process.off('unhandledRejection', onRejection);
      process.off('warning', onWarning);
      await watchdog.stop();
      print(tally.summary());
    }
    // Fewer cases have fewer kinds of outcomes.
    if (PATH === undefined && FACTOR >= 1) tally.check(target);
  });
}

/** Runs a case again when it took long, and measures its processor time then: another process may have been in the way. */
async function runWithinLimit<Case>({ run }: Target<Case>, input: Case): Promise<Outcome> {
  const startMs = performance.now();
  const outcome = await run(input);
  if (performance.now() - startMs <= LIMIT_MS) return outcome;
  const start = process.cpuUsage();
  const again = await run(input);
  const { user, system } = process.cpuUsage(start);
  const took = (user + system) / 1000;
  if (took > LIMIT_MS) throw new Error(`it took ${Math.round(took)} ms of processor time`);
  return again;
}

class Tally {
  readonly #name: string;
  readonly #cases: number;
  readonly #outcomes = new Map<string, number>();
  readonly #kinds = new Set<string>();
  readonly #startMs = Date.now();
  #count = 0;

  constructor(name: string, cases: number) {
    this.#name = name;
    this.#cases = cases;
  }

  count({ name, message }: Outcome): void {
    this.#outcomes.set(name, (this.#outcomes.get(name) ?? 0) + 1);
    if (this.#kinds.size < 10_000) this.#kinds.add(`${name}: ${message}`);
    this.#count++;
    if (FACTOR > 1 && this.#count % Math.ceil(this.#cases / 10) === 0) {
      print(`fuzz ${this.#name}: ${this.#count} of ${this.#cases} after ${this.#seconds()} s`);
    }
  }

  summary(): string {
    const shares = [...this.#outcomes]
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name} ${((100 * count) / this.#count).toFixed(1)} %`);
    return `fuzz ${this.#name}: ${this.#count} cases in ${this.#seconds()} s, ${this.#kinds.size} kinds: ${shares.join(', ')}`;
  }

  check({ atLeast, kinds }: Pick<Target<unknown>, 'atLeast' | 'kinds'>): void {
    for (const [name, percent] of Object.entries(atLeast)) {
      const share = (100 * (this.#outcomes.get(name) ?? 0)) / this.#count;
      expect(share, `the share of ${name}, in percent`).toBeGreaterThanOrEqual(percent);
    }
    expect(this.#kinds.size, 'the number of different outcomes').toBeGreaterThanOrEqual(kinds);
  }

  #seconds(): number {
    return Math.round((Date.now() - this.#startMs) / 1000);
  }
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

function describeError(error: unknown): string {
  return error instanceof Error
    ? `${error.message}\n${error.stack?.split('\n').find((line) => /\bsrc\//.test(line)) ?? ''}`
    : `${error}`;
}

/** A case in few lines, without what is long enough to be a token or a key. The seed and the path give the whole case. */
function shorten(text: string): string {
  return text.replace(/[\w+/=-]{40,}/g, (run) => `${run.slice(0, 8)}…`).slice(0, 3_000);
}
