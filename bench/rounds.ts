import { join } from 'node:path';
import type { Fixtures } from './fixtures.js';
import type { Sample } from './load.js';
import type { RowResult } from './results.js';
import type { Row } from './rows.js';
import { type ServerProcess, startServer } from './server-process.js';

export interface RoundOptions {
  readonly rounds: number;
  readonly rampMs: number;
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
  { rounds, rampMs, windowMs, warmUpMs, report }: RoundOptions,
): Promise<RowResult[]> {
  const running: Running[] = [];
  try {
    report('starting the servers');
    await startAll(rows, fixtures, running);
    for (const { row, server } of running) {
      report(`warming up: ${row.name}`);
      await row.check(server, fixtures).catch((cause: unknown) => {
        throw new Error(`The row "${row.name}" does not do what it should`, { cause });
      });
      await row.measure(server, fixtures, { rampMs: 0, windowMs: warmUpMs });
    }
    for (let round = 0; round < rounds; round++) {
      for (const { row, server, samples } of round % 2 === 0 ? running : running.toReversed()) {
        report(`round ${round + 1} of ${rounds}: ${row.name}`);
        samples.push(await row.measure(server, fixtures, { rampMs, windowMs }));
      }
    }
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
  return running.map(({ row: { id, name, group }, samples }) => ({ id, name, group, samples }));
}

interface Running {
  readonly row: Row;
  readonly server: ServerProcess;
  readonly samples: Sample[];
}

/** Starts the servers at once, and adds those that started in the order of the rows. */
async function startAll(rows: readonly Row[], fixtures: Fixtures, running: Running[]): Promise<void> {
  const started = await Promise.allSettled(
    rows.map((row) => startServer(row.command(fixtures), join(fixtures.folder, `${row.id}.log`))),
  );
  for (const [index, result] of started.entries()) {
    if (result.status === 'fulfilled') running.push({ row: rows[index] as Row, server: result.value, samples: [] });
  }
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
