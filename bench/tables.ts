import { type Aim, mebibytes, round } from './aims.js';
import { type Results, type RowResult, ratio, spreadOf } from './results.js';
import type { RowGroup } from './rows.js';
import type { Spread } from './statistics.js';

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Above this share of a core, the load generator and not the server may have limited the throughput. */
const LOAD_BUSY_LIMIT = 0.9;

const GROUPS: Readonly<Record<RowGroup, string>> = {
  floor: 'Floors',
  gateway: 'This gateway',
  limit: 'What RSA allows',
  peer: 'Peers',
};

/** The tables of a run. Figures are medians, with minimum and maximum in parentheses. */
export function buildTables(results: Results, aims: readonly Aim[]): Table[] {
  return [
    ...Object.entries(GROUPS).map(([group, title]) => buildRows(results, group as RowGroup, title)),
    {
      title: 'Buckets in memory',
      head: ['buckets', 'ns per take', 'bytes per bucket'],
      rows: results.takes.map(({ buckets, takeNs, bytesPerBucket }) => [
        number(buckets),
        withRange(takeNs, number),
        number(bytesPerBucket),
      ]),
    },
    {
      title: 'Start and idle memory',
      head: ['', 'ms to ready', 'MiB when idle'],
      rows: results.starts.map(({ name, readyMs, idleRssBytes }) => [
        name,
        withRange(readyMs, number),
        withRange(idleRssBytes, (bytes) => number(mebibytes(bytes))),
      ]),
    },
    {
      title: 'Aims',
      head: ['', 'aim', 'measured', ''],
      rows: aims.map(({ name, bound, limit, value, unit, reached }) => [
        name,
        `${bound} ${limit} ${unit}`,
        `${round(value, unit)} ${unit}`,
        reached ? 'reached' : 'not reached',
      ]),
    },
  ];
}

function buildRows({ rows }: Results, group: RowGroup, title: string): Table {
  const hello = rows.find(({ id }) => id === 'hello');
  return {
    title,
    head: ['', 'requests/s', '× hello', 'p50 ms', 'p99 ms', 'µs of processor', '× hello', 'per s and core', 'RSS MiB'],
    rows: rows.filter((row) => row.group === group).map((row) => describeRow(row, hello)),
  };
}

function describeRow(row: RowResult, hello: RowResult | undefined): string[] {
  const cost = spreadOf(row, 'processorUs');
  const isLoadLimited = spreadOf(row, 'loadBusy').median > LOAD_BUSY_LIMIT;
  const times = (figure: 'requestsPerSecond' | 'processorUs') => (hello ? ratio(row, hello, figure).toFixed(2) : '');
  return [
    row.name,
    `${isLoadLimited ? '≥ ' : ''}${withRange(spreadOf(row, 'requestsPerSecond'), number)}`,
    times('requestsPerSecond'),
    spreadOf(row, 'p50Ms').median.toFixed(1),
    spreadOf(row, 'p99Ms').median.toFixed(1),
    withRange(cost, number),
    times('processorUs'),
    number(1_000_000 / cost.median),
    number(mebibytes(spreadOf(row, 'rssBytes').median)),
  ];
}

function withRange({ median, min, max }: Spread, format: (value: number) => string): string {
  return `${format(median)} (${format(min)}–${format(max)})`;
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** One line that says on what, and how, the figures were measured. */
export function describeRun({ environment }: Results): string {
  const { date, node, openssl, processor, cores, loadAverage, rounds, windowMs, users } = environment;
  return (
    `${date.slice(0, 10)}, Node ${node}, OpenSSL ${openssl}, ${cores} cores of ${processor}, load average ${loadAverage.toFixed(2)} before; ` +
    `${number(users)} users, ${rounds} rounds of ${number(windowMs)} ms`
  );
}
