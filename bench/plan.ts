/** How much a run measures. */
export interface Plan {
  readonly users: number;
  readonly rounds: number;
  readonly rampMs: number;
  readonly windowMs: number;
  /** Whether rows are measured that no aim needs. */
  readonly extraRows: boolean;
  readonly warmUpMs: number;
  readonly starts: number;
  readonly buckets: readonly number[];
}

export const WHOLE: Plan = {
  users: 10_000,
  rounds: 5,
  rampMs: 250,
  windowMs: 2_000,
  warmUpMs: 9_000,
  extraRows: true,
  starts: 5,
  buckets: [1_000, 100_000, 1_000_000],
};
export const QUICK: Plan = {
  users: 1_000,
  rounds: 3,
  rampMs: 100,
  windowMs: 250,
  warmUpMs: 1_000,
  extraRows: false,
  starts: 3,
  buckets: [1_000, 100_000],
};
