import type { ParseArgsConfig } from 'node:util';

/** A command of the command line. */
export interface Command {
  /** The output of `--help`. */
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** How many arguments it takes beside its options; default 0. */
  readonly maxPositionals?: number;
  /** Whether the path of the configuration can also be an argument: `check gateway.yaml` is `check --config gateway.yaml`. */
  readonly takesConfig?: true;
  /** @returns the exit code */
  run(values: Readonly<Record<string, string | boolean | undefined>>, positionals: readonly string[]): Promise<number>;
}

/** An error that the user of the command line can correct: its message is printed without a stack trace. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  /** @param exitCode of the command */
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** @throws UsageError for anything but a whole number from 0 to 65535 */
export function parsePort(text: string | boolean | undefined): number | undefined {
  if (typeof text !== 'string') return undefined;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError('--port must be a whole number from 0 to 65535');
  return port;
}
