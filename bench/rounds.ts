import { join } from 'node:path';
import type { Fixtures } from './fixtures.js';
import type { Sample } from './load.js';
import type { RowResult } from './results.js';
import type { Row } from './rows.js';
import { type ServerProcess, startServer } from './server-process.js';

export interface RoundOptions {
  readonly rounds: number;
  readonly windowMs: number;
  /** A window of each row that does not count, in which the compiler settles. */
  readonly warmUpMs: number;
  readonly report: (progress: string) => void;
}

/**
 * Measures the rows in rounds, every other one in reverse order, so that a machine that is slow for a while is slow for all
 * of them. Each row has a process of its own, which idles while the others are measured.
 */
export async function measureRows(
  rows: readonly Row[],
  fixtures: Fixtures,
  { rounds, windowMs, warmUpMs, report }: RoundOptions,
): Promise<RowResult[]> {
  const running: { row: Row; server: ServerProcess; samples: Sample[] }[] = [];
  try {
    for (const row of rows) {
      report(`starting and warming up: ${row.name}`);
      const server = await startServer(row.command(fixtures), join(fixtures.folder, `${row.id}.log`));
      running.push({ row, server, samples: [] });
      await row.check(server, fixtures);
      await row.measure(server, fixtures, warmUpMs);
    }
    for (let round = 0; round < rounds; round++) {
      for (const { row, server, samples } of round % 2 === 0 ? running : running.toReversed()) {
        report(`round ${round + 1} of ${rounds}: ${row.name}`);
        samples.push(await row.measure(server, fixtures, windowMs));
      }
    }
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
  return running.map(({ row: { id, name, group }, samples }) => ({ id, name, group, samples }));
}
