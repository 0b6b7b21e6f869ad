import type { Sample } from './load.js';
import type { RowGroup } from './rows.js';
import type { StartResult } from './starts.js';
import { median, type Spread, spread } from './statistics.js';
import type { TakeResult } from './takes.js';

/** Everything that a run measured, as `--json` prints it. */
export interface Results {
  readonly environment: Environment;
  readonly rows: readonly RowResult[];
  readonly takes: readonly TakeResult[];
  readonly starts: readonly StartResult[];
}

export interface Environment {
  readonly date: string;
  readonly node: string;
  readonly openssl: string;
  readonly processor: string;
  readonly cores: number;
  /** Processes that were running or ready to run before the bench began, an average of a minute. */
  readonly loadAverage: number;
  readonly rounds: number;
  readonly windowMs: number;
  readonly users: number;
}

export interface RowResult {
  readonly id: string;
  readonly name: string;
  readonly group: RowGroup;
  /** One for each round. */
  readonly samples: readonly Sample[];
}

/** A number that every sample has. */
export type Figure = Exclude<keyof Sample, 'problem'>;

/** The median, minimum and maximum of one figure over the rounds of a row. */
export function spreadOf({ samples }: RowResult, figure: Figure): Spread {
  return spread(samples.map((sample) => sample[figure]));
}

/** The median over the rounds of a figure of one row divided by the same of another row in the same round. */
export function ratio(row: RowResult, other: RowResult, figure: Figure): number {
  return median(row.samples.map((sample, round) => sample[figure] / (other.samples[round]?.[figure] ?? Number.NaN)));
}
