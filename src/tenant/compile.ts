import { createSecretKey, X509Certificate } from 'node:crypto';
import { type Addon, type AddonContext, type AddonDefinition, ConfigFault } from '../addons/addon.js';
import { ConfigError, type Fault } from '../config/faults.js';
import { type ClientConfig, decodeSecret, type GatewayConfig, type TenantConfig } from '../config/schema.js';
import type { Deps } from '../deps.js';
import type { SigningAlgorithm } from '../keys/algorithms.js';
import { createSigningKey } from '../keys/signing-key.js';
import { compileIssuers } from './issuers.js';
import { compileRefresh } from './refresh.js';
import type { Client, Tenant } from './tenant.js';

/** What every client has without configuring it. */
const DEFAULT_API_TYPE = 'APP';

/**
 * Builds the tenants of a configuration: keys, policies and signers, once per load.
 *
 * @throws ConfigError with every fault that shows only when the parts come together
 */
export function compileTenants(config: GatewayConfig, addons: readonly AddonDefinition[], deps: Deps): Tenant[] {
  const faults: Fault[] = [];
  const tenants = config.tenants.map((tenant, index) =>
    compileTenant(tenant, addons, deps, ['tenants', index], faults),
  );
  if (faults.length > 0) throw new ConfigError(faults);
  return tenants;
}

type Path = readonly (string | number)[];

function compileTenant(
  config: TenantConfig,
  addons: readonly AddonDefinition[],
  deps: Deps,
  path: Path,
  faults: Fault[],
): Tenant {
  const signingKey = config.signing_key && createSigningKey(config.signing_key);
  const certificate = checkCertificate(config, path, faults);
  const tenant: AddonContext['tenant'] = {
    issuer: config.issuer,
    entityId: `urn:${new URL(config.issuer).host}`,
    signingKey,
    certificate,
  };
  return {
    name: config.name,
    issuer: config.issuer,
    delegationEnabled: config.delegation.enabled,
    jsonp: config.legacy.jsonp,
    issuers: compileIssuers(config, signingKey, deps),
    clients: new Map(
      config.clients.map((client, index) => [
        client.client_id,
        {
          ...compileClient(client, tenant, addons, deps, [...path, 'clients', index], faults),
          refresh: compileRefresh(client, config.issuers),
        },
      ]),
    ),
    jwks: { keys: signingKey ? [signingKey.publicJwk] : [] },
  };
}

function checkCertificate({ certificate, signing_key }: TenantConfig, path: Path, faults: Fault[]): string | undefined {
  if (certificate === undefined) return undefined;
  const fault = (expected: string) => {
    faults.push({ path: [...path, 'certificate'], message: `a string; expected ${expected}` });
    return undefined;
  };
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    return fault('an X.509 certificate in PEM form');
  }
  if (!signing_key || !parsed.checkPrivateKey(signing_key)) return fault('the certificate of signing_key');
  return certificate;
}

function compileClient(
  config: ClientConfig,
  tenant: AddonContext['tenant'],
  addons: readonly AddonDefinition[],
  deps: Deps,
  path: Path,
  faults: Fault[],
): Omit<Client, 'refresh'> {
  const alg: SigningAlgorithm = config.jwt_configuration.alg ?? 'RS256';
  const bytes =
    config.client_secret === undefined
      ? undefined
      : decodeSecret(config.client_secret, config.jwt_configuration.secret_encoded);
  const client: AddonContext['client'] = {
    clientId: config.client_id,
    alg,
    secret: bytes && createSecretKey(bytes),
    lifetimeInSeconds: config.jwt_configuration.lifetime_in_seconds,
    claims: config.claims,
  };
  const configured = config.addons as Readonly<Record<string, unknown>>;
  const signers = new Map<string, Addon>();
  for (const definition of addons) {
    const addonConfig = configured[definition.name];
    if (definition.config && addonConfig === undefined) continue;
    try {
      signers.set(definition.apiType, definition.create(addonConfig, { tenant, client, deps }));
    } catch (error) {
      if (!(error instanceof ConfigFault)) throw error;
      // Without a signing key a client that names no algorithm just has no app tokens.
      if (!definition.config && config.jwt_configuration.alg === undefined) continue;
      const at = definition.config ? ['addons', definition.name] : ['jwt_configuration', 'alg'];
      faults.push({ path: [...path, ...at, ...error.path], message: `expected ${error.message}` });
    }
  }
  const named = [...signers.keys()].filter((apiType) => apiType !== DEFAULT_API_TYPE);
  return {
    clientId: config.client_id,
    name: config.name ?? config.client_id,
    alg,
    secret: client.secret,
    allowedClients: new Set(config.allowed_clients),
    grantTypes: config.grant_types && new Set(config.grant_types),
    addons: signers,
    defaultApiType: named.length === 1 ? (named[0] as string) : DEFAULT_API_TYPE,
  };
}
