import type { Router } from './router.js';

/** Counts the requests that a router answers, so that what they use can be closed after them. */
export class RunningRequests {
  readonly answer: Router;
  readonly #waiting: (() => void)[] = [];
  #count = 0;

  constructor(router: Router) {
    this.answer = (request, connection) => {
      this.#count++;
      return router(request, connection).finally(() => {
        this.#count--;
        if (this.#count === 0) for (const resolve of this.#waiting.splice(0)) resolve();
      });
    };
  }

  /** Resolves when no request is running, or after that many milliseconds. */
  ended(timeoutMs: number): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs).unref();
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
