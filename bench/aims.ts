import { type Figure, type Results, type RowResult, ratio, spreadOf } from './results.js';

export interface Aim {
  readonly name: string;
  readonly bound: 'at least' | 'at most';
  readonly limit: number;
  readonly value: number;
  readonly unit: '×' | 'ms' | 'MiB' | 'bytes';
  readonly reached: boolean;
}

/** What this gateway wants to reach, each with what this run measured. */
export function judgeAims(results: Results): Aim[] {
  const row = rowFinder(results);
  const compare = (figure: Figure) => (id: string, other: string) => ratio(row(id), row(other), figure);
  const [throughput, cost, p99] = [compare('requestsPerSecond'), compare('processorUs'), compare('p99Ms')];
  const rsaUs = spreadOf(row('sign'), 'processorUs').median + spreadOf(row('verify'), 'processorUs').median;
  const rsaShare = (id: string) => rsaUs / spreadOf(row(id), 'processorUs').median;
  const takes = [...results.takes].sort((a, b) => a.buckets - b.buckets);
  const [few, many] = [takes[0], takes.at(-1)];
  const [plain, graphiql] = results.starts;
  if (!few || !many || !plain || !graphiql) throw new Error('Takes and starts must be measured');
  const [written, keyObjects] = ['express-as-written-hs256-hs256', 'express-key-objects-hs256-hs256'] as const;
  return [
    atLeast('HS256 → HS256: throughput, Yoga hello = 1', 1.5, throughput('hs256-hs256', 'hello')),
    atMost('HS256 → HS256: processor time, Yoga hello = 1', 0.75, cost('hs256-hs256', 'hello')),
    atLeast('RS256 → RS256: share of signing and verifying', 0.5, rsaShare('rs256-rs256')),
    atLeast('RS256 → Firebase: share of signing and verifying', 0.5, rsaShare('rs256-firebase')),
    atLeast('RS256 → RS256: throughput, signing alone = 1', 0.45, throughput('rs256-rs256', 'sign')),
    atLeast('RS256 → Firebase: throughput, signing alone = 1', 0.45, throughput('rs256-firebase', 'sign')),
    atLeast('HS256 → HS256: throughput, Express as written = 1', 4, throughput('hs256-hs256', written)),
    atMost('HS256 → HS256: p99, Express as written = 1', 0.15, p99('hs256-hs256', written)),
    atLeast('HS256 → HS256: throughput, Express with KeyObjects = 1', 1.3, throughput('hs256-hs256', keyObjects)),
    atLeast('RS256 → RS256: throughput, oidc-provider = 1', 1.7, throughput('rs256-rs256', 'oidc-provider')),
    atMost('POST /delegation: processor time, /graphql = 1', 1, cost('legacy', 'hs256-hs256')),
    atMost('Refused by the bucket: processor time, Yoga hello = 1', 1, cost('refused-bucket', 'hello')),
    atMost('Refused for its signature: processor time, Yoga hello = 1', 1, cost('refused-token', 'hello')),
    atMost('A client for each user: processor time, few clients = 1', 1.05, cost('own-clients', 'hs256-hs256')),
    atMost(
      `A take from ${count(many.buckets)} buckets, from ${count(few.buckets)} = 1`,
      2.5,
      many.takeNs.median / few.takeNs.median,
    ),
    atMost(`Bytes of a bucket among ${count(many.buckets)}`, 160, many.bytesPerBucket, 'bytes'),
    atMost('Start to ready', 300, plain.readyMs.median, 'ms'),
    atMost('Idle memory', 90, mebibytes(plain.idleRssBytes.median), 'MiB'),
    atMost('Idle memory with GraphiQL', 110, mebibytes(graphiql.idleRssBytes.median), 'MiB'),
  ];
}

function rowFinder({ rows }: Results): (id: string) => RowResult {
  return (id) => {
    const found = rows.find((row) => row.id === id);
    if (!found) throw new Error(`There is no row ${id}`);
    return found;
  };
}

function atLeast(name: string, limit: number, value: number, unit: Aim['unit'] = '×'): Aim {
  return { name, bound: 'at least', limit, value, unit, reached: round(value, unit) >= limit };
}

function atMost(name: string, limit: number, value: number, unit: Aim['unit'] = '×'): Aim {
  return { name, bound: 'at most', limit, value, unit, reached: round(value, unit) <= limit };
}

/** The value as it is printed, so that an aim that looks reached counts as reached. */
export function round(value: number, unit: Aim['unit']): number {
  return unit === '×' ? Math.round(value * 100) / 100 : Math.round(value);
}

export function mebibytes(bytes: number): number {
  return bytes / 2 ** 20;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
