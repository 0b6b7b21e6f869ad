import type { ErrorCode } from '../errors.js';
import { attemptKey } from './attempt-store.js';

/** What the attempt guard refused to one IP address in one tenant within a minute. */
export interface RefusedAttempts {
  readonly tenant: { readonly name: string };
  /** Canonical: an IPv4 address or an IPv6 /64. */
  readonly ip: string;
  /** RATE_LIMITED, or UPSTREAM_UNAVAILABLE when the store could not be asked. */
  readonly code: ErrorCode;
  /** The id of the first request that was refused, the endpoint that it came through, and the message that it got. */
  readonly requestId: string;
  readonly endpoint: string;
  readonly message: string;
  /** Epoch milliseconds of the report: the end of the minute, or the stop. */
  readonly reportedMs: number;
  /** The number of attempts that the refused requests asked for. */
  readonly attempts: number;
}

/** The first request to one address that was refused. */
type FirstRefusal = Omit<RefusedAttempts, 'attempts' | 'reportedMs'>;

interface Entry {
  readonly first: FirstRefusal;
  attempts: number;
  /** Epoch milliseconds. */
  readonly endMs: number;
}

export interface RefusedAttemptsCollectorOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Called for each refused request. */
  readonly count?: ((tenant: string, attempts: number) => void) | undefined;
  /** Called once for each address and minute. */
  readonly report: (refused: RefusedAttempts) => void;
  /** The most addresses to collect at once: one more, and the oldest is reported before its minute is over. */
  readonly capacity?: number;
}

const MINUTE_MS = 60_000;

/**
 * Sums up what the attempt guard refused, so that a flood of requests writes one audit event a minute for each address and code.
 * The minute of an address begins with its first refusal.
 */
export class RefusedAttemptsCollector {
  readonly #now: () => number;
  readonly #count: ((tenant: string, attempts: number) => void) | undefined;
  readonly #report: (refused: RefusedAttempts) => void;
  readonly #capacity: number;
  /** By code, tenant and address, in the order in which their minutes end. */
  readonly #entries = new Map<string, Entry>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ now, count, report, capacity = 100_000 }: RefusedAttemptsCollectorOptions) {
    this.#now = now;
    this.#count = count;
    this.#report = report;
    this.#capacity = capacity;
  }

  /** Adds the attempts of one refused request. */
  add({ code, tenant: { name }, ip, requestId, endpoint, message }: FirstRefusal, attempts: number): void {
    if (code === 'RATE_LIMITED') this.#count?.(name, attempts);
    this.reportEnded();
    const key = `${code} ${attemptKey(name, ip)}`;
    const known = this.#entries.get(key);
    if (known) {
      known.attempts += attempts;
      return;
    }
    if (this.#entries.size >= this.#capacity) this.#reportFirst();
    this.#entries.set(key, {
      first: { code, tenant: { name }, ip, requestId, endpoint, message },
      attempts,
      endMs: this.#now() + MINUTE_MS,
    });
    this.#startTimer();
  }

  /** Reports the addresses whose minute is over. */
  reportEnded(): void {
    for (const { endMs } of this.#entries.values()) {
      if (endMs > this.#now()) return;
      this.#reportFirst();
    }
  }

  /** Reports everything, for the stop of the gateway. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#entries.size > 0) this.#reportFirst();
  }

  #reportFirst(): void {
    for (const [key, { first, attempts }] of this.#entries) {
      this.#entries.delete(key);
      this.#report({ ...first, attempts, reportedMs: this.#now() });
      return;
    }
  }

  /** Waits for the first minute that ends. The timer does not keep the process alive: `close` reports what is left. */
  #startTimer(): void {
    const [first] = this.#entries.values();
    if (!first || this.#timer) return;
    const delayMs = Math.min(Math.max(first.endMs - this.#now(), 1), MINUTE_MS);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.reportEnded();
      this.#startTimer();
    }, delayMs).unref();
  }
}
