import type { Fault } from './faults.js';
import type { GatewayConfig } from './schema.js';

/**
 * URLs that `import-auth0` could not know and that nobody has put right since: their hosts are below `.invalid`, which
 * nobody can own (RFC 2606 §2), so that nothing is trusted by accident.
 */
export function placeholderWarnings({ tenants }: Pick<GatewayConfig, 'tenants'>): Fault[] {
  return tenants.flatMap(({ issuer, issuers }, index) => [
    ...placeholdersIn({ issuer }, ['tenants', index]),
    ...issuers.flatMap(({ issuer, jwks_uri, token_endpoint }, position) =>
      placeholdersIn({ issuer, jwks_uri, token_endpoint }, ['tenants', index, 'issuers', position]),
    ),
  ]);
}

function placeholdersIn(urls: Readonly<Record<string, string | undefined>>, path: Fault['path']): Fault[] {
  return Object.entries(urls)
    .filter(([, url]) => url !== undefined && URL.canParse(url) && new URL(url).hostname.endsWith('.invalid'))
    .map(([field]) => ({ path: [...path, field], message: 'a placeholder below .invalid; put your own in its place' }));
}
