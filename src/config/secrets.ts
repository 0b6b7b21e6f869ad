import { resolve } from 'node:path';
import { readTextFile } from '../lib/read-text-file.js';
import { isPlausibleName } from './plausible-name.js';

/** A secret as the file has it: its text, or where the text is. */
export type SecretSource = string | { readonly env: string } | { readonly file: string };

/** More than any key, certificate or JWKS has. */
const MAX_FILE_BYTES = 1_048_576;

/** @throws TypeError whose message continues "expected …" and may name the variable or file, never its content */
export type ReadSecret = (source: SecretSource) => string;

/**
 * Creates the reader of secrets from the environment and from files. A trailing line break, which editors add, is not
 * part of a secret.
 *
 * @param folder what the paths of files are relative to
 * @param onRead is called with the absolute path of each file before it is read
 */
export function createSecretReader(
  folder: string,
  env: NodeJS.ProcessEnv,
  onRead: (path: string) => void = () => {},
): ReadSecret {
  return (source) => {
    if (typeof source === 'string') return source;
    if ('env' in source) {
      // An own property: `env.constructor` is a function.
      const value = Object.hasOwn(env, source.env) ? env[source.env] : undefined;
      if (value === undefined || value === '') throw new TypeError(`${describeVariable(source.env)} to be set`);
      return value;
    }
    const path = resolve(folder, source.file);
    onRead(path);
    try {
      const text = readTextFile(path, { maxBytes: MAX_FILE_BYTES, regularOnly: true });
      return text.replace(/\r?\n$/, '');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : 'failed';
      throw new TypeError(`${describeFile(source.file)} to be readable (${code})`);
    }
  };
}

/** Names the variable only where it looks like a name: operators write the secret itself there by mistake. */
function describeVariable(name: string): string {
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(name) && name.length <= 64 && isPlausibleName(name)
    ? `the environment variable ${name}`
    : 'the environment variable that it names';
}

/** Likewise for a path. */
function describeFile(path: string): string {
  return /^[\w./ -]*\.[a-z0-9]{1,8}$/i.test(path) && path.length <= 256 ? `the file ${path}` : 'the file that it names';
}
