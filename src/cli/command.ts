import type { ParseArgsConfig } from 'node:util';

/** A command of the command line. */
export interface Command {
  /** Its page of help. */
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** The most words that it takes beside its options. */
  readonly words?: number;
  /** @returns the exit code */
  run(values: Readonly<Record<string, string | boolean | undefined>>, words: readonly string[]): Promise<number>;
}

/** Something that the person at the terminal can put right: shown as a sentence, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError for anything but a whole number from 0 to 65535 */
export function parsePort(text: string | boolean | undefined): number | undefined {
  if (typeof text !== 'string') return undefined;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError('--port takes a number from 0 to 65535');
  return port;
}
