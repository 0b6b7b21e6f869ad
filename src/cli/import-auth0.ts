import { writeFileSync } from 'node:fs';
import { ADDONS } from '../addons/index.js';
import { isAllowedUrl } from '../config/fields.js';
import { type ImportResult, importAuth0 } from '../import-auth0/import.js';
import { ExportError, readExport } from '../import-auth0/read-export.js';
import type { SecretReference } from '../import-auth0/secret-references.js';
import { printSecretsFile } from '../import-auth0/secrets-file.js';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../keys/algorithms.js';
import { type Command, UsageError } from './command.js';

export const importAuth0Command: Command = {
  help: `Usage: delegation-gateway import-auth0 <export>... [options] > gateway.yaml

Converts an export of Auth0's applications and prints a gateway.yaml. Each secret becomes { env: NAME }; the
end of the file lists the names, never the values. Standard error has what is to do, in its order, and names
everything that was left out.

  <export>                 a JSON file with the clients, as GET /api/v2/clients returns them, or the output of
                           Auth0's deploy tool: a folder with clients/*.json, or tenant.yaml. Several files,
                           such as the pages of a list, or folders are read as one export
  --tenant-domain DOMAIN   the domain of the Auth0 tenant that issues the callers' tokens: acme.eu.auth0.com,
                           or the custom domain
  --issuer URL             the iss of the tokens that the gateway signs
  --default-alg ALG        the algorithm of clients that name none: RS256 (default), PS256, or HS256 as in old tenants
  --secrets-file FILE      write the secrets of the export to a new file, which only its owner may read, as
                           NAME=value lines: node --env-file=FILE … reads it

Exits with 0; 1 when nothing could be imported; 3 when something was left out, replaced by a placeholder, or
changed in its meaning.
`,
  options: {
    'tenant-domain': { type: 'string' },
    issuer: { type: 'string' },
    'default-alg': { type: 'string' },
    'secrets-file': { type: 'string' },
  },
  maxPositionals: Number.POSITIVE_INFINITY,
  async run(values, paths) {
    if (paths.length === 0)
      throw new UsageError('The path of an export is required; see delegation-gateway import-auth0 --help');
    const tenantDomain = parseDomain(values['tenant-domain']);
    const issuer = parseIssuer(values.issuer, tenantDomain);
    const defaultAlg = parseAlgorithm(values['default-alg']);
    try {
      const result = importAuth0(readExport(...paths), { tenantDomain, issuer, defaultAlg, addons: ADDONS });
      const written = result.imported > 0 ? writeSecrets(values['secrets-file'], result.secrets) : [];
      process.stderr.write(formatNotes(result, written));
      if (result.imported === 0) return 1;
      process.stdout.write(result.yaml);
      return result.hasLoss ? INCOMPLETE : 0;
    } catch (error) {
      throw error instanceof ExportError ? new UsageError(error.message) : error;
    }
  },
};

/** The exit code when something was left out, replaced or changed. */
const INCOMPLETE = 3;

function formatNotes({ toDo, information, imported }: ImportResult, written: readonly string[]): string {
  return [
    ...(toDo.length > 0 ? ['To do:', ...toDo.map((note, index) => `  ${index + 1}. ${note}`), ''] : []),
    ...(information.length > 0 ? ['Information:', ...information.map((note) => `  ${note}`), ''] : []),
    ...written,
    `Clients imported: ${imported}.`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/**
 * Writes a new file, so that no file of others is overwritten or keeps its mode, and says what is in it.
 *
 * @throws UsageError when it cannot be created
 */
function writeSecrets(path: string | boolean | undefined, secrets: readonly SecretReference[]): string[] {
  if (typeof path !== 'string') return [];
  const { text, filled, missing } = printSecretsFile(secrets);
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`--secrets-file cannot be created (${code === 'EEXIST' ? 'it exists' : code})`);
  }
  const rest = missing.length > 0 ? `; add ${missing.join(', ')}` : '';
  return [`Secrets written to ${path}: ${filled.length}${rest}.`];
}

function parseAlgorithm(given: string | boolean | undefined): SigningAlgorithm | undefined {
  if (typeof given !== 'string') return undefined;
  const known = SIGNING_ALGORITHMS.find((each) => each === given);
  if (known === undefined) throw new UsageError(`--default-alg must be one of ${SIGNING_ALGORITHMS.join(', ')}`);
  return known;
}

function parseDomain(given: string | boolean | undefined): string | undefined {
  if (typeof given !== 'string') return undefined;
  if (!/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$/i.test(given))
    throw new UsageError('--tenant-domain must be a host name such as acme.eu.auth0.com, without https:// or a path');
  return given.toLowerCase();
}

function parseIssuer(given: string | boolean | undefined, tenantDomain: string | undefined): string | undefined {
  if (typeof given !== 'string') return undefined;
  if (!isAllowedUrl(given)) throw new UsageError('--issuer must be an https URL');
  if (given === `https://${tenantDomain}/`)
    throw new UsageError('--issuer is the issuer of the gateway and must differ from the issuer of the Auth0 tenant');
  return given;
}
