import { createSecretKey } from 'node:crypto';
import type { AddonContext, AddonDefinition, ConfiguredAddon } from '../addons/addon.js';
import { buildSamlMetadata } from '../addons/shared/saml/metadata.js';
import type { SigningAlgorithm } from '../keys/algorithms.js';
import { createSigningKey, type SigningKey } from '../keys/signing-key.js';
import { compileIssuers } from './build-issuers.js';
import { decodeSecret } from './client-schema.js';
import type { Draft } from './draft.js';
import { ConfigError, type Fault, faultAt, type Path } from './faults.js';
import type { ClientConfig, GatewayConfig, TenantConfig } from './schema.js';
import type { Client, Tenant } from './tenant.js';
import { compileRefresh } from './token-endpoint.js';

/** What every client has without configuring it. */
const DEFAULT_API_TYPE = 'APP';

/**
 * Builds the tenants of a configuration: keys, policies and signers, once per load.
 *
 * @throws ConfigError with every fault that shows only when the parts come together
 */
export function compileTenants(config: GatewayConfig, addons: readonly AddonDefinition[]): Tenant[] {
  const faults: Fault[] = [];
  const tenants = config.tenants.map((tenant, index) => {
    const report: Report = (path, expected) => faults.push(faultAt(config, ['tenants', index, ...path], expected));
    return compileTenant(tenant, addons, report);
  });
  if (faults.length > 0) throw new ConfigError(faults);
  return tenants;
}

/** The same faults, for every client of a configuration that is right as far as its signers go. */
export function faultsTogether(draft: Draft, addons: readonly AddonDefinition[]): Fault[] {
  const faults: Fault[] = [];
  for (const index of draft.positions('tenants')) {
    const at = ['tenants', index] as const;
    const parts = ['issuer', 'signing_key', 'certificate'] as const;
    const config = soundFields<Pick<TenantConfig, (typeof parts)[number]>>(draft, at, parts);
    if (!config) continue;
    const tenant = addonTenant(config, config.signing_key && createSigningKey(config.signing_key));
    for (const position of draft.positions(...at, 'clients')) {
      const path = [...at, 'clients', position];
      const client = soundFields<Omit<ClientConfig, 'addons'>>(draft, path, SIGNER_FIELDS);
      if (!client) continue;
      const sound = addons.filter(({ name }) => draft.isSound(...path, 'addons', name));
      const configured = (draft.at(...path, 'addons') ?? {}) as ClientConfig['addons'];
      const report: Report = (below, expected) => faults.push(draft.fault([...path, ...below], expected));
      createSigners({ ...client, addons: configured }, sound, { tenant, client: addonClient(client) }, report);
    }
  }
  return faults;
}

/** The fields of a client that its signers are made from, its add-ons left out. */
const SIGNER_FIELDS = ['client_id', 'client_secret', 'jwt_configuration', 'claims'] as const;

function soundFields<Fields>(draft: Draft, path: Path, names: readonly string[]): Fields | undefined {
  if (!names.every((name) => draft.isSound(...path, name))) return undefined;
  return Object.fromEntries(names.map((name) => [name, draft.at(...path, name)])) as Fields;
}

/** @param expected continues the sentence "expected …" */
type Report = (path: Path, expected: string) => void;

function compileTenant(config: TenantConfig, addons: readonly AddonDefinition[], report: Report): Tenant {
  const signingKey = config.signing_key && createSigningKey(config.signing_key);
  const tenant = addonTenant(config, signingKey);
  const clients = config.clients.map((client, index): Client => {
    const context = { tenant, client: addonClient(client) };
    const signers = createSigners(client, addons, context, (path, expected) =>
      report(['clients', index, ...path], expected),
    );
    return compileClient(client, config, context.client, signers);
  });
  return {
    name: config.name,
    issuer: config.issuer,
    delegationEnabled: config.delegation.enabled,
    jsonp: config.legacy.jsonp,
    issuers: compileIssuers(config, signingKey),
    clients: new Map(clients.map((client) => [client.clientId, client])),
    jwks: { keys: signingKey ? [signingKey.publicJwk] : [] },
    samlMetadata: buildSamlMetadata(tenant),
  };
}

function compileClient(
  config: ClientConfig,
  { issuers }: TenantConfig,
  { alg, secret }: AddonContext['client'],
  signers: ReadonlyMap<string, ConfiguredAddon>,
): Client {
  const named = [...signers.keys()].filter((apiType) => apiType !== DEFAULT_API_TYPE);
  return {
    clientId: config.client_id,
    name: config.name ?? config.client_id,
    alg,
    secret,
    allowedClients: new Set(config.allowed_clients),
    grantTypes: config.grant_types && new Set(config.grant_types),
    refresh: compileRefresh(config, issuers),
    addons: signers,
    defaultApiType: named.length === 1 ? (named[0] as string) : DEFAULT_API_TYPE,
  };
}

/** The signers that a client is configured for, by api type. */
function createSigners(
  config: Pick<ClientConfig, 'addons' | 'jwt_configuration'>,
  addons: readonly AddonDefinition[],
  context: Omit<AddonContext, 'report'>,
  report: Report,
): Map<string, ConfiguredAddon> {
  const configured = config.addons as Readonly<Record<string, unknown>>;
  const signers = new Map<string, ConfiguredAddon>();
  for (const definition of addons) {
    const addonConfig = configured[definition.name];
    if (definition.config && addonConfig === undefined) continue;
    const addon = definition.create(addonConfig, {
      ...context,
      report(path, expected) {
        // Without a signing key a client that names no algorithm just has no app tokens.
        if (!definition.config && config.jwt_configuration.alg === undefined) return;
        const at = definition.config ? ['addons', definition.name] : ['jwt_configuration', 'alg'];
        report([...at, ...path], expected);
      },
    });
    if (addon) signers.set(definition.apiType, { definition, issue: (request) => addon.issue(request) });
  }
  return signers;
}

function addonTenant(
  { issuer, certificate }: Pick<TenantConfig, 'issuer' | 'certificate'>,
  signingKey: SigningKey | undefined,
): AddonContext['tenant'] {
  return { issuer, entityId: `urn:${new URL(issuer).host}`, signingKey, certificate };
}

function addonClient({
  client_id,
  client_secret,
  jwt_configuration: { alg = 'RS256', lifetime_in_seconds, secret_encoded },
  claims,
}: Pick<ClientConfig, (typeof SIGNER_FIELDS)[number]>): AddonContext['client'] {
  const bytes = client_secret === undefined ? undefined : decodeSecret(client_secret, secret_encoded);
  return {
    clientId: client_id,
    alg: alg satisfies SigningAlgorithm,
    secret: bytes && createSecretKey(bytes),
    lifetimeInSeconds: lifetime_in_seconds,
    claims,
  };
}
