const IN_FLIGHT = 16;
/** Calls after which the compiler has settled. */
const WARM_UP = 1_000;

/** Microseconds of processor time that one call takes, thread pool included, with 16 in flight for that many milliseconds. */
async function processorTime(call: () => unknown, milliseconds: number): Promise<number> {
  const begun = performance.now();
  const before = process.cpuUsage();
  let calls = 0;
  const worker = async () => {
    while (performance.now() - begun < milliseconds) {
      await call();
      calls++;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

type Calls<Name extends string> = Readonly<Record<Name, () => unknown>>;

/**
 * Measures several calls in turns, every other one in reverse order, so that a busy machine is busy for all of them. The
 * results are microseconds of processor time.
 */
export async function measureTurns<Name extends string>(
  calls: Calls<Name>,
  { turns = 5, milliseconds = 250 } = {},
): Promise<Record<Name, number>[]> {
  const entries = Object.entries<() => unknown>(calls);
  for (const [, call] of entries) for (let count = 0; count < WARM_UP; count++) await call();
  const results: Record<Name, number>[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const result: [string, number][] = [];
    for (const [name, call] of turn % 2 === 0 ? entries : entries.toReversed())
      result.push([name, await processorTime(call, milliseconds)]);
    results.push(Object.fromEntries(result) as Record<Name, number>);
  }
  return results;
}
