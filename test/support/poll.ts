import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits until a condition holds.
 *
 * @param condition what throws does not hold yet
 * @returns how long it took, in milliseconds
 * @throws Error when it does not hold in time
 */
export async function poll(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { timeoutMs = 10_000, everyMs = 10 } = {},
): Promise<number> {
  const begun = performance.now();
  for (;;) {
    let failure: unknown;
    const holds = await Promise.resolve()
      .then(condition)
      .catch((error: unknown) => {
        failure = error;
        return false;
      });
    const elapsedMs = performance.now() - begun;
    if (holds) return elapsedMs;
    if (elapsedMs > timeoutMs) throw new Error(`Not in ${timeoutMs} ms: ${what}`, { cause: failure });
    await wait(everyMs);
  }
}
