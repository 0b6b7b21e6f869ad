import { isAllowedUrl } from '../config/fields.js';
import type { GatewayConfig } from '../config/load.js';
import type { Path } from '../config/path.js';
import type { IssuerConfig } from '../config/schema.js';

/** What a URL of the configuration leads to. An add-on's endpoint is only connected to. */
export type ServiceKind = 'keys' | 'metadata' | 'tokenEndpoint' | 'addon';

/** Where the configuration names a service. */
export interface Place {
  readonly path: Path;
  /** The issuer that it belongs to; undefined for that of a client or of an add-on. */
  readonly issuer: IssuerConfig | undefined;
}

/** A URL that is asked once, however often the configuration names it. */
export interface Service {
  readonly kind: ServiceKind;
  readonly url: string;
  readonly places: readonly [Place, ...Place[]];
}

/** Lists the services of a configuration. */
export function listServices({ settings, tenants }: GatewayConfig): Service[] {
  const found = new Map<string, { kind: ServiceKind; url: string; places: [Place, ...Place[]] }>();
  const add = (kind: ServiceKind, url: string | undefined, path: Path, issuer?: IssuerConfig) => {
    if (url === undefined) return;
    const key = JSON.stringify([kind, url]);
    const place = { path, issuer };
    const service = found.get(key);
    if (service) service.places.push(place);
    else found.set(key, { kind, url, places: [place] });
  };
  for (const [index, tenant] of settings.tenants.entries()) {
    for (const [position, issuer] of tenant.issuers.entries()) {
      const path = ['tenants', index, 'issuers', position];
      add('keys', issuer.jwks_uri, [...path, 'jwks_uri'], issuer);
      add('metadata', buildMetadataUrl(issuer.issuer), [...path, 'issuer'], issuer);
      add('tokenEndpoint', issuer.token_endpoint, [...path, 'token_endpoint'], issuer);
    }
    for (const [position, { client_id, jwks_uri }] of tenant.clients.entries()) {
      const path = ['tenants', index, 'clients', position];
      add('keys', jwks_uri, [...path, 'jwks_uri']);
      for (const { definition, endpoint } of tenants[index]?.clients.get(client_id)?.addons.values() ?? []) {
        add('addon', endpoint, [...path, 'addons', definition.name]);
      }
    }
  }
  return [...found.values()];
}

/** OpenID Connect Discovery §4. An issuer may be any text, so that some have no metadata. */
function buildMetadataUrl(issuer: string): string | undefined {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  return isAllowedUrl(issuer) && isAllowedUrl(url) && new URL(issuer).search === '' ? url : undefined;
}
