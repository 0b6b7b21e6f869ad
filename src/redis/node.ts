import { setTimeout as wait } from 'node:timers/promises';
import type { Availability } from './commands.js';
import type { RedisEndpoint } from './endpoint.js';
import { describeFailure, RedisReplyError, StoreUnavailableError } from './errors.js';
import { Link, type Reply } from './link.js';

/** An attempt to connect takes a second at most, so that with its pause the next one begins within the 2 s of a recovery. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 400;
const PROBE_INTERVAL_MS = 500;
/** Errors that do not speak against a Redis: the script is not loaded, or the key is at another node of the cluster. */
const HARMLESS: ReadonlySet<string> = new Set(['NOSCRIPT', 'MOVED', 'ASK', 'TRYAGAIN']);

export interface NodeOptions {
  /** Where the Redis is; asked before every attempt to connect. */
  readonly locate: () => RedisEndpoint | Promise<RedisEndpoint>;
  /** A command that only a Redis which takes writes executes. */
  readonly probe: () => readonly string[];
  /** Called when the availability is known, and when it changes. */
  readonly onChange: (availability: Availability) => void;
}

/**
 * Keeps one connection to a Redis. While there is none, commands fail at once; none is kept back, and none is repeated.
 *
 * A command that fails or has no answer makes the Redis suspect: further commands fail at once, until a probe on the same
 * connection has an answer. Without one, the node gives up the connection, locates the Redis and connects again. Probes
 * in between find out what no command would.
 */
export class RedisNode {
  readonly firstAttempt: Promise<void>;
  readonly #options: NodeOptions;
  readonly #stop = new AbortController();
  #link: Link | undefined;
  #availability: Availability = { status: 'down', reason: 'is not connected yet' };
  /** Whether the first attempt has succeeded or failed. */
  #isKnown = false;
  /** Ends the pause before the next probe. */
  #wake: () => void = () => {};

  constructor(options: NodeOptions) {
    this.#options = options;
    this.firstAttempt = new Promise((resolve) => void this.#keepConnected(resolve));
  }

  get availability(): Availability {
    return this.#availability;
  }

  /**
   * Sends commands one directly after the other.
   *
   * @returns the reply to the last one
   * @throws as RedisCommands.send
   */
  async send(...commands: readonly (readonly string[])[]): Promise<Reply> {
    const link = this.#link;
    if (!link || this.#availability.status !== 'ok') throw new StoreUnavailableError(this.#describe());
    try {
      const replies = await Promise.all(commands.map((args) => link.send(args)));
      return replies.at(-1) ?? null;
    } catch (error) {
      if (this.#link === link && !isHarmless(error)) {
        this.#setFailure(error);
        this.#wake();
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#availability = { status: 'down', reason: 'is closed' };
    await this.#link?.close();
    this.#stop.abort();
  }

  async #keepConnected(attempted: () => void): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#connect(() => {
          pauseMs = FIRST_PAUSE_MS;
          attempted();
        });
      } catch (error) {
        if (!this.#stop.signal.aborted) this.#setFailure(error);
      }
      attempted();
      await this.#pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }

  /** Connects, and probes the connection until it fails. @throws the failure */
  async #connect(connected: () => void): Promise<never> {
    const endpoint = await this.#options.locate();
    let fail: (error: unknown) => void = () => {};
    const lost = new Promise<never>((_, reject) => {
      fail = reject;
    });
    lost.catch(() => {});
    const link = await Link.open(endpoint, fail);
    try {
      for (;;) {
        await Promise.race([lost, this.#probe(link)]);
        if (this.#stop.signal.aborted) throw new StoreUnavailableError('is closed');
        this.#link = link;
        this.#setAvailability({ status: 'ok' });
        connected();
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        await Promise.race([lost, woken, this.#pause(PROBE_INTERVAL_MS)]);
      }
    } finally {
      this.#link = undefined;
      link.destroy();
    }
  }

  async #probe(link: Link): Promise<void> {
    try {
      await link.probe(this.#options.probe());
    } catch (error) {
      if (!isHarmless(error)) throw error;
    }
  }

  #pause(ms: number): Promise<void> {
    return wait(ms, undefined, { signal: this.#stop.signal, ref: false }).catch(() => {});
  }

  #describe(): string {
    return this.#availability.status === 'ok' ? 'is not connected' : this.#availability.reason;
  }

  #setFailure(error: unknown): void {
    this.#setAvailability({ status: 'down', reason: describeFailure(error) });
  }

  #setAvailability(next: Availability): void {
    const previous = this.#availability;
    this.#availability = next;
    if (this.#isKnown && next.status === previous.status) return;
    this.#isKnown = true;
    this.#options.onChange(next);
  }
}

function isHarmless(error: unknown): boolean {
  return error instanceof RedisReplyError && HARMLESS.has(error.code);
}
