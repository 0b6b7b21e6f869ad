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

/**
 * Measures several calls in turns, so that a busy machine is busy for all of them; the median of the turns, in
 * microseconds of processor time.
 */
export async function compare(
  calls: Readonly<Record<string, () => unknown>>,
  { turns = 5, milliseconds = 250 } = {},
): Promise<Record<string, number>> {
  const results = new Map(Object.keys(calls).map((name): [string, number[]] => [name, []]));
  for (const call of Object.values(calls)) for (let count = 0; count < WARM_UP; count++) await call();
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, call] of Object.entries(calls)) results.get(name)?.push(await processorTime(call, milliseconds));
  }
  return Object.fromEntries([...results].map(([name, values]) => [name, median(values)]));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** A table for people, numbers to the right. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  console.log([line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line), ''].join('\n'));
}
