import type * as z from 'zod';
import { $ZodAsyncError, config, util } from 'zod/v4/core';
import { isRecord } from '../lib/json.js';
import type { Diagnostics } from './diagnostics.js';
import { type Path, readStep } from './path.js';

/**
 * Validates a document and keeps what the schema made of it where it is valid, so that later rules can check the valid
 * parts although others have diagnostics.
 *
 * `safeParse` gives no output beside its issues. `_zod.run` does; it is the method that zod's own `safeParse` is built
 * on (https://zod.dev/packages/core).
 *
 * @param diagnostics takes the issues
 */
export function parsePartially<Schema extends z.ZodType>(
  schema: Schema,
  document: unknown,
  diagnostics: Diagnostics,
): PartialConfig<z.output<Schema>> {
  // Zod would compile a function for each object of the schema, for a document that is read once.
  const context = { async: false, jitless: true };
  const result = schema._zod.run({ value: document, issues: [] }, context);
  if (result instanceof Promise) throw new $ZodAsyncError();
  diagnostics.addIssues(result.issues.map((issue) => util.finalizeIssue(issue, context, config())));
  return new PartialConfig(result.value, diagnostics);
}

/** The output of the schema for one part of a configuration, readable only where it is valid. */
export class PartialConfig<T> {
  readonly path: Path;
  readonly #output: unknown;
  readonly #diagnostics: Diagnostics;

  constructor(output: unknown, diagnostics: Diagnostics, path: Path = []) {
    this.path = path;
    this.#output = output;
    this.#diagnostics = diagnostics;
  }

  /** The whole part; undefined where anything in it or around it is invalid. */
  get value(): T | undefined {
    return this.#isWhole(this.#output) ? this.#output : undefined;
  }

  /** The part with these fields, to read only them; undefined where one of them is invalid. */
  pick<Key extends keyof T & string>(...keys: readonly Key[]): Pick<T, Key> | undefined {
    return this.#hasFields(this.#output, keys) ? this.#output : undefined;
  }

  /** One field of a mapping. */
  at<Key extends keyof T & string>(key: Key): PartialConfig<T[Key]> {
    return this.#below(key);
  }

  /** The entries of a list, invalid ones too; none where there is no list. */
  entries(): PartialConfig<T extends readonly (infer Entry)[] ? Entry : never>[] {
    return Array.isArray(this.#output) ? this.#output.map((_entry, position) => this.#below(position)) : [];
  }

  #below<Below>(step: string | number): PartialConfig<Below> {
    return new PartialConfig(readStep(this.#output, step), this.#diagnostics, [...this.path, step]);
  }

  /** A valid output has the type that its schema declares. */
  #isWhole(_output: unknown): _output is T {
    return this.#diagnostics.isValid(this.path);
  }

  /** Likewise, field by field. */
  #hasFields<Key extends string & keyof T>(output: unknown, keys: readonly Key[]): output is Pick<T, Key> {
    return isRecord(output) && keys.every((key) => this.#diagnostics.isValid([...this.path, key]));
  }
}
