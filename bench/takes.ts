import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Spread } from './statistics.js';

export interface TakeResult {
  /** How many buckets the store holds. */
  readonly buckets: number;
  /** Processor time of one take from the two buckets of a user. */
  readonly takeNs: Spread;
  /** Memory of the store and its keys. */
  readonly bytesPerBucket: number;
}

/** Measures the store of the buckets at several sizes, in a process of its own whose garbage collector can be called. */
export async function measureTakes(sizes: readonly number[], rounds: number): Promise<TakeResult[]> {
  const script = fileURLToPath(new URL('./takes-process.ts', import.meta.url));
  const args = ['--import', 'tsx', '--expose-gc', script, String(rounds), ...sizes.map(String)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}
