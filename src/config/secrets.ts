import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** What a secret is in the file: its text, or where the text is. */
export type SecretSource = string | { readonly env: string } | { readonly file: string };

/** @throws TypeError whose message continues "expected …" and names the variable or file, never what is in it */
export type ReadSecret = (source: SecretSource) => string;

/**
 * Reads secrets from the environment and from files; paths are relative to the folder of the configuration. A trailing
 * line break, which editors add, is not part of a secret.
 */
export function secretReader(folder: string, env: NodeJS.ProcessEnv): ReadSecret {
  return (source) => {
    if (typeof source === 'string') return source;
    if ('env' in source) {
      const value = env[source.env];
      if (value === undefined || value === '') throw new TypeError(`the environment variable ${source.env} to be set`);
      return value;
    }
    try {
      return readFileSync(resolve(folder, source.file), 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      throw new TypeError(
        `the file ${source.file} to be readable (${(error as NodeJS.ErrnoException).code ?? 'failed'})`,
      );
    }
  };
}
