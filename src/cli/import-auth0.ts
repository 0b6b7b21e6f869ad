import { ADDONS } from '../addons/index.js';
import { isAllowedUrl } from '../config/fields.js';
import { importAuth0 } from '../import-auth0/import.js';
import { ExportError, readExport } from '../import-auth0/read-export.js';
import { type Command, UsageError } from './command.js';

export const importAuth0Command: Command = {
  help: `Usage: delegation-gateway import-auth0 <export>... [--tenant-domain DOMAIN] [--issuer URL] > gateway.yaml

Converts an export of Auth0's applications and prints a gateway.yaml. Each secret becomes { env: NAME }; the
end of the file lists the names, never the values. Standard error names everything that was left out.

  <export>                 a JSON file with the clients, as GET /api/v2/clients returns them, or the output of
                           Auth0's deploy tool: a folder with clients/*.json, or tenant.yaml. Several files,
                           such as the pages of a list, or folders are read as one export
  --tenant-domain DOMAIN   the domain of the Auth0 tenant that issues the callers' tokens: acme.eu.auth0.com,
                           or the custom domain
  --issuer URL             the iss of the tokens that the gateway signs
`,
  options: { 'tenant-domain': { type: 'string' }, issuer: { type: 'string' } },
  maxPositionals: Number.POSITIVE_INFINITY,
  async run(values, paths) {
    if (paths.length === 0)
      throw new UsageError('The path of an export is required; see delegation-gateway import-auth0 --help');
    const tenantDomain = parseDomain(values['tenant-domain']);
    const issuer = parseIssuer(values.issuer, tenantDomain);
    try {
      const { yaml, notes, imported } = importAuth0(readExport(...paths), { tenantDomain, issuer, addons: ADDONS });
      process.stderr.write([...notes, `Clients imported: ${imported}.`].map((note) => `${note}\n`).join(''));
      if (imported === 0) return 1;
      process.stdout.write(yaml);
      return 0;
    } catch (error) {
      throw error instanceof ExportError ? new UsageError(error.message) : error;
    }
  },
};

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
