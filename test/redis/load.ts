import type { Gateway } from '../../src/gateway.js';
import { poll } from '../support/poll.js';
import { BURST, delegate, type Outcome } from './shared-gateways.js';

interface Answer {
  readonly user: number;
  readonly outcome: Outcome;
  readonly sentMs: number;
  readonly tookMs: number;
}

/** Requests of all users to all gateways, until it is stopped. */
export class Load {
  readonly answers: Answer[] = [];
  readonly #begunMs = performance.now();
  readonly #workers: Promise<unknown>;
  #isStopped = false;

  constructor(gateways: readonly Gateway[], tokens: readonly string[], workers = 8) {
    let sent = 0;
    this.#workers = Promise.all(
      Array.from({ length: workers }, async () => {
        while (!this.#isStopped) {
          const number = sent++;
          const user = number % tokens.length;
          const sentMs = performance.now();
          const outcome = await delegate(
            gateways[Math.floor(number / tokens.length) % gateways.length]!,
            tokens[user]!,
          );
          this.answers.push({ user, outcome, sentMs, tookMs: performance.now() - sentMs });
          // A failure takes no time: without a pause the workers would do nothing else.
          await new Promise((resolve) => setTimeout(resolve, outcome === 'failed' ? 5 : 1));
        }
      }),
    );
  }

  count(outcome: Outcome): number {
    return this.answers.filter((answer) => answer.outcome === outcome).length;
  }

  /** Waits for more answers with an outcome. */
  async more(outcome: Outcome, count: number): Promise<void> {
    const before = this.count(outcome);
    await poll(`${count} more ${outcome}`, () => this.count(outcome) >= before + count);
  }

  /** Waits until no user has a request left. */
  async exhausted(): Promise<void> {
    const inRow = 60;
    await poll(`${inRow} refusals in a row`, () => {
      const latest = this.answers.slice(-inRow);
      return latest.length === inRow && latest.every(({ outcome }) => outcome === 'refused');
    });
  }

  /** Waits until no request fails that is sent later. @returns milliseconds from now to the first of them */
  async recovered(): Promise<number> {
    const healedMs = performance.now();
    const inRow = 40;
    await poll(`${inRow} answers in a row that are none of a failure`, () => {
      const latest = this.answers.slice(-inRow);
      return latest.every(({ outcome, sentMs }) => outcome !== 'failed' && sentMs > healedMs);
    });
    const lastFailure = this.answers.findLast(({ outcome }) => outcome === 'failed');
    const first = this.answers.find(({ sentMs }) => sentMs > Math.max(healedMs, lastFailure?.sentMs ?? 0));
    return first ? first.sentMs + first.tookMs - healedMs : 0;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#workers;
  }

  /** Requests that were granted beyond what that many full buckets of each user hold. */
  countOverGranted(buckets: number): number {
    const minutes = (performance.now() - this.#begunMs) / 60_000;
    const granted = new Map<number, number>();
    for (const { user, outcome } of this.answers) {
      if (outcome === 'granted') granted.set(user, (granted.get(user) ?? 0) + 1);
    }
    const most = Math.floor(buckets * BURST + minutes);
    return [...granted.values()].reduce((sum, count) => sum + Math.max(0, count - most), 0);
  }

  get slowestFailureMs(): number {
    return Math.max(0, ...this.answers.flatMap(({ outcome, tookMs }) => (outcome === 'failed' ? [tookMs] : [])));
  }
}
