import { ADDONS } from '../addons/index.js';
import { isAllowedUrl } from '../config/fields.js';
import { importAuth0 } from '../import-auth0/import.js';
import { ExportError, readExport } from '../import-auth0/read-export.js';
import { type Command, UsageError } from './command.js';

export const importAuth0Command: Command = {
  help: `Usage: delegation-gateway import-auth0 <export> [--tenant-domain DOMAIN] [--issuer URL] > gateway.yaml

Prints a gateway.yaml made of an export of Auth0's applications. Secrets become { env: NAME } and are
listed at its end, by name and never by value. What is not taken over is named on standard error.

  <export>                 a JSON file with the clients, as GET /api/v2/clients answers, or what Auth0's
                           deploy tool writes: a folder with clients/*.json, or tenant.yaml
  --tenant-domain DOMAIN   the domain of the Auth0 tenant, which the tokens of callers come from:
                           acme.eu.auth0.com, or the custom domain
  --issuer URL             what the gateway will call itself in the tokens that it signs: their iss
`,
  options: { 'tenant-domain': { type: 'string' }, issuer: { type: 'string' } },
  words: 1,
  async run(values, [path]) {
    if (path === undefined) throw new UsageError('Which export? delegation-gateway import-auth0 --help says more');
    const tenantDomain = domainOf(values['tenant-domain']);
    const issuer = issuerOf(values.issuer, tenantDomain);
    try {
      const { yaml, notes, imported } = importAuth0(readExport(path), { tenantDomain, issuer, addons: ADDONS });
      process.stderr.write([...notes, `Clients imported: ${imported}.`].map((note) => `${note}\n`).join(''));
      if (imported === 0) return 1;
      process.stdout.write(yaml);
      return 0;
    } catch (error) {
      throw error instanceof ExportError ? new UsageError(error.message) : error;
    }
  },
};

function domainOf(given: string | boolean | undefined): string | undefined {
  if (typeof given !== 'string') return undefined;
  if (!/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$/i.test(given))
    throw new UsageError('--tenant-domain takes a host name such as acme.eu.auth0.com, without https:// or a path');
  return given.toLowerCase();
}

function issuerOf(given: string | boolean | undefined, tenantDomain: string | undefined): string | undefined {
  if (typeof given !== 'string') return undefined;
  if (!isAllowedUrl(given)) throw new UsageError('--issuer takes an https URL');
  if (given === `https://${tenantDomain}/`)
    throw new UsageError('--issuer is that of the gateway; it must not be that of the Auth0 tenant');
  return given;
}
