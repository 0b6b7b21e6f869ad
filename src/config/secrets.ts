import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** What a secret is in the file: its text, or where the text is. */
export type SecretSource = string | { readonly env: string } | { readonly file: string };

/** @throws TypeError whose message continues "expected …" and may name the variable or file, never what is in it */
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
      if (value === undefined || value === '') throw new TypeError(`${variable(source.env)} to be set`);
      return value;
    }
    try {
      return readFileSync(resolve(folder, source.file), 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'failed';
      throw new TypeError(`${file(source.file)} to be readable (${code})`);
    }
  };
}

/** A name helps the operator; but who puts the secret itself where its name belongs must not find it in a log. */
function variable(name: string): string {
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(name) && name.length <= 64
    ? `the environment variable ${name}`
    : 'the environment variable that it names';
}

function file(path: string): string {
  return /^[\w./ -]*\.[a-z0-9]{1,8}$/i.test(path) && path.length <= 256 ? `the file ${path}` : 'the file that it names';
}
