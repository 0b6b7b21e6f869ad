import type { SecretReference } from './secret-references.js';

/** What every reader of such a file takes without quotes: a shell, Node, systemd and Docker. */
const PLAIN = /^[\w./+=:@%~-]+$/;

export interface SecretsFile {
  readonly text: string;
  /** The names that have a value in it. */
  readonly filled: readonly string[];
  /** The names that the operator has to add. */
  readonly missing: readonly string[];
}

/**
 * Prints environment variables, one a line, for `node --env-file` and for a shell. The line breaks of PEM texts become
 * `\n`, which the configuration reads. A secret that has no value, or one that cannot be written so that all readers
 * agree, is a comment.
 */
export function printSecretsFile(secrets: readonly SecretReference[]): SecretsFile {
  const lines: string[] = [];
  const filled: string[] = [];
  const missing: string[] = [];
  for (const { env, value, hint, description } of secrets) {
    const written = value === undefined || hint !== undefined ? undefined : quote(value);
    if (written === undefined) missing.push(env);
    else filled.push(env);
    lines.push(written === undefined ? `# ${env}=   ${description}` : `${env}=${written}`);
  }
  return { text: `${lines.join('\n')}\n`, filled, missing };
}

function quote(value: string): string | undefined {
  if (PLAIN.test(value)) return value;
  const isPem = /^\s*-----BEGIN [A-Z ]+-----/.test(value);
  const line = isPem ? value.trim().replaceAll(/\r\n|\r|\n/g, '\\n') : value;
  // Inside single quotes nothing has a meaning to a shell or to Node.
  return /['\p{Cc}\p{Zl}\p{Zp}]/u.test(line) ? undefined : `'${line}'`;
}
