/** How long a command may wait for its answer. */
export const ANSWER_TIMEOUT_MS = 250;
const TICK_MS = 25;
/** What counts of the time between two ticks: in the rest of it this process did something else, and could not read answers. */
const MOST_PER_TICK_MS = 2 * TICK_MS;

interface Waiting {
  /** What the clock of the timer showed when the command was sent. */
  readonly sentMs: number;
  readonly onTimeout: () => void;
}

/**
 * Tells which commands had no answer within 250 ms. It counts only time in which the process reads answers: node:timers
 * and sockets take turns, so a process that was busy for a second has had one tick, and reads the answers that have
 * arrived before the next one. One interval serves all commands of a connection; they time out in the order of sending.
 */
export class AnswerTimer {
  readonly #waiting = new Set<Waiting>();
  #clockMs = 0;
  #lastTick = 0;
  #interval: NodeJS.Timeout | undefined;

  /** @returns what must be called when the answer arrives */
  start(onTimeout: () => void): () => void {
    if (!this.#interval) {
      this.#lastTick = performance.now();
      this.#interval = setInterval(() => this.#tick(), TICK_MS);
    }
    const waiting = { sentMs: this.#clockMs + this.#sinceLastTick(), onTimeout };
    this.#waiting.add(waiting);
    return () => {
      this.#waiting.delete(waiting);
    };
  }

  /** Ends without a timeout. */
  stop(): void {
    clearInterval(this.#interval);
    this.#interval = undefined;
    this.#waiting.clear();
  }

  #tick(): void {
    this.#clockMs += this.#sinceLastTick();
    this.#lastTick = performance.now();
    // Only when nothing waits for a whole tick, so that a busy connection does not start and stop an interval per command.
    if (this.#waiting.size === 0) this.stop();
    for (const waiting of this.#waiting) {
      if (this.#clockMs - waiting.sentMs < ANSWER_TIMEOUT_MS) return;
      this.#waiting.delete(waiting);
      waiting.onTimeout();
    }
  }

  #sinceLastTick(): number {
    return Math.min(performance.now() - this.#lastTick, MOST_PER_TICK_MS);
  }
}
