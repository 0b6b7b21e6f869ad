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
  /** How long each process works before it is measured, so that the compiler settles; its rows share that time. */
  readonly warmUpMs: number;
  readonly report: (progress: string) => void;
}

/**
 * A gateway with one row gets a longer warm-up, and a ramp as long as the window: the usual one works on while its other rows
 * are measured, and V8 drops compiled code and shrinks the heap of a process that was idle.
 */
const SINGLE_ROW_WARM_UP = 3;

/**
 * Measures the rows in rounds, every other one in reverse order, so that a machine that is slow for a while is slow for all
 * of them. Rows of the same server share its process, which idles while others are measured.
 */
export async function measureRows(
  rows: readonly Row[],
  fixtures: Fixtures,
  { rounds, rampMs, windowMs, warmUpMs, report }: RoundOptions,
): Promise<RowResult[]> {
  const running: Running[] = [];
  const countSharing = (server: ServerProcess) => running.filter((other) => other.server === server).length;
  const isSingle = ({ group }: Row, server: ServerProcess) => group === 'gateway' && countSharing(server) === 1;
  try {
    report('starting the servers');
    await startAll(rows, fixtures, running);
    for (const { row, server } of running) {
      report(`warming up: ${row.name}`);
      await row.check(server, fixtures).catch((cause: unknown) => {
        throw new Error(`The row "${row.name}" does not do what it should`, { cause });
      });
      const sharing = countSharing(server);
      const factor = isSingle(row, server) ? SINGLE_ROW_WARM_UP : 1;
      await row.measure(server, fixtures, { rampMs: 0, windowMs: (factor * warmUpMs) / sharing });
    }
    for (let round = 0; round < rounds; round++) {
      for (const { row, server, samples } of round % 2 === 0 ? running : running.toReversed()) {
        report(`round ${round + 1} of ${rounds}: ${row.name}`);
        const ramp = isSingle(row, server) ? Math.max(rampMs, windowMs) : rampMs;
        samples.push(await row.measure(server, fixtures, { rampMs: ramp, windowMs }));
      }
    }
  } finally {
    await Promise.all([...new Set(running.map(({ server }) => server))].map((server) => server.stop()));
  }
  return running.map(({ row: { id, name, group }, samples }) => ({ id, name, group, samples }));
}

interface Running {
  readonly row: Row;
  readonly server: ServerProcess;
  readonly samples: Sample[];
}

/** Starts the servers at once, and adds the rows of those that started. */
async function startAll(rows: readonly Row[], fixtures: Fixtures, running: Running[]): Promise<void> {
  const servers = new Map(rows.map(({ server }) => [server.name, server]));
  const started = await Promise.allSettled(
    [...servers.values()].map(async ({ name, command }) => ({
      name,
      server: await startServer(command(fixtures), join(fixtures.folder, `${name}.log`)),
    })),
  );
  for (const result of started) {
    if (result.status === 'rejected') continue;
    const { name, server } = result.value;
    for (const row of rows) if (row.server.name === name) running.push({ row, server, samples: [] });
  }
  running.sort((a, b) => rows.indexOf(a.row) - rows.indexOf(b.row));
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
