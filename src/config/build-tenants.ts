import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import type { AddonContext, AddonDefinition, ConfiguredAddon } from '../addons/addon.js';
import { collectClaimPaths } from '../addons/shared/claim-path.js';
import { buildSamlMetadata } from '../addons/shared/saml/metadata.js';
import { NO_KEYS } from '../keys/key-set.js';
import { createSigningKey } from '../keys/signing-key.js';
import { buildIssuers } from './build-issuers.js';
import { decodeSecret } from './client-secret.js';
import type { Diagnostics } from './diagnostics.js';
import type { PartialConfig } from './partial-config.js';
import type { ClientConfig, GatewaySettings, TenantConfig } from './schema.js';
import { listSigningKeys } from './signing-keys.js';
import type { Client, ClientAuthenticationRules, Tenant } from './tenant.js';
import { buildTokenEndpoint, isConfidential } from './token-endpoint.js';

/** The add-on that every client has without configuring it. */
const DEFAULT_API_TYPE = 'APP';

/**
 * Builds the tenants of a configuration with their keys, clients and add-ons.
 *
 * Add-ons are also created for the valid clients of an invalid configuration, so that what they lack is reported
 * together with everything else. Only valid tenants are returned.
 */
export function buildTenants(
  config: PartialConfig<GatewaySettings>,
  addons: readonly AddonDefinition[],
  diagnostics: Diagnostics,
): Tenant[] {
  return config
    .at('tenants')
    .entries()
    .flatMap((tenant) => buildTenant(tenant, addons, diagnostics) ?? []);
}

function buildTenant(
  partial: PartialConfig<TenantConfig>,
  addons: readonly AddonDefinition[],
  diagnostics: Diagnostics,
): Tenant | undefined {
  const identity = partial.pick('issuer', 'signing_key', 'certificate', 'signing_keys');
  if (!identity) return undefined;
  const { issuer } = identity;
  const signingKeys = listSigningKeys(identity).map(({ key, certificate }) => createSigningKey(key, certificate));
  const addonTenant = { issuer, entityId: `urn:${new URL(issuer).host}`, signingKey: signingKeys[0] };
  const issuers = partial.at('issuers').value ?? [];
  const clients = partial
    .at('clients')
    .entries()
    .flatMap((client) => buildClient(client, { issuers, tenant: addonTenant, addons, diagnostics }) ?? []);
  const config = partial.value;
  if (!config) return undefined;
  return {
    name: config.name,
    hosts: config.hosts,
    issuer: config.issuer,
    delegationEnabled: config.delegation.enabled,
    chain: {
      maxAgeSeconds: config.delegation.max_chain_age_in_seconds,
      maxDepth: config.delegation.max_chain_depth,
    },
    deniedSubjects: new Set(config.denied_subjects),
    requireVerifiedEmail: config.require_verified_email,
    jsonp: config.legacy.jsonp,
    shadow: config.legacy.shadow,
    issuers: buildIssuers(config, signingKeys),
    clients: new Map(clients.map((client) => [client.clientId, client])),
    jwks: { keys: signingKeys.map(({ publicJwk }) => publicJwk) },
    samlMetadata: buildSamlMetadata(addonTenant, signingKeys),
  };
}

interface ClientSurroundings {
  readonly issuers: TenantConfig['issuers'];
  readonly tenant: AddonContext['tenant'];
  readonly addons: readonly AddonDefinition[];
  readonly diagnostics: Diagnostics;
}

function buildClient(
  partial: PartialConfig<ClientConfig>,
  { issuers, tenant, addons, diagnostics }: ClientSurroundings,
): Client | undefined {
  const identity = partial.pick('client_id', 'client_secret', 'jwt_configuration', 'claims');
  if (!identity) return undefined;
  const client = buildAddonClient(identity);
  const built = buildAddons(partial, identity, addons, { tenant, client }, diagnostics);
  const config = partial.value;
  if (!config) return undefined;
  const [named, ...others] = [...built.keys()].filter((apiType) => apiType !== DEFAULT_API_TYPE);
  return {
    clientId: config.client_id,
    name: config.name ?? config.client_id,
    alg: client.alg,
    secrets: listSecrets(config).flatMap((secret) => importSecret(secret, config.jwt_configuration) ?? []),
    authentication: buildAuthenticationRules(config),
    allowedClients: new Set(config.allowed_clients),
    issuers: new Set(config.issuers ?? (issuers.length === 1 ? issuers.map(({ issuer }) => issuer) : [])),
    trustedAzp: new Set(config.trusted_azp),
    grantTypes: config.grant_types && new Set(config.grant_types),
    tokenEndpoint: buildTokenEndpoint(config, issuers),
    addons: built,
    hs256Delegation: config.hs256_delegation,
    defaultApiType: named !== undefined && others.length === 0 ? named : DEFAULT_API_TYPE,
  };
}

function buildAuthenticationRules(config: ClientConfig): ClientAuthenticationRules {
  const { jwks, jwks_uri, require_authentication, unauthenticated_refresh } = config;
  return {
    secretsSha256: listSecrets(config).map((secret) => createHash('sha256').update(secret).digest()),
    keys: jwks ?? NO_KEYS,
    jwksUri: jwks_uri,
    required: require_authentication,
    requiredForRefreshTokens: isConfidential(config) && !unauthenticated_refresh,
  };
}

/** Creates the add-ons that a client is configured for, by api type. */
function buildAddons(
  client: PartialConfig<ClientConfig>,
  { jwt_configuration }: Pick<ClientConfig, 'jwt_configuration'>,
  addons: readonly AddonDefinition[],
  context: Omit<AddonContext, 'report'>,
  diagnostics: Diagnostics,
): Map<string, ConfiguredAddon> {
  const built = new Map<string, ConfiguredAddon>();
  for (const definition of addons) {
    const configured = client.at('addons').at(definition.name);
    if (definition.config && configured.value === undefined) continue;
    const addon = definition.create(configured.value, {
      ...context,
      report(path, expected) {
        // Without a signing key a client that names no algorithm has no app tokens, which is allowed.
        if (!definition.config && jwt_configuration.alg === undefined) return;
        const at = definition.config ? configured.path : [...client.path, 'jwt_configuration', 'alg'];
        diagnostics.report([...at, ...path], expected);
      },
    });
    if (!addon) continue;
    const claimPaths = collectClaimPaths(definition.config ? configured.value : context.client.claims);
    const { endpoint } = addon;
    built.set(definition.apiType, { definition, claimPaths, endpoint, issue: (request) => addon.issue(request) });
  }
  return built;
}

function buildAddonClient({
  client_id,
  client_secret,
  jwt_configuration,
  claims,
}: Pick<ClientConfig, 'client_id' | 'client_secret' | 'jwt_configuration' | 'claims'>): AddonContext['client'] {
  return {
    clientId: client_id,
    alg: jwt_configuration.alg ?? 'RS256',
    secret: client_secret === undefined ? undefined : importSecret(client_secret, jwt_configuration),
    lifetimeInSeconds: jwt_configuration.lifetime_in_seconds,
    claims,
  };
}

/** Lists the secrets of a client that are accepted, the client_secret first. An empty one counts as absent. */
function listSecrets({ client_secret, accepted_client_secrets }: ClientConfig): readonly string[] {
  return client_secret ? [client_secret, ...accepted_client_secrets] : [];
}

function importSecret(
  secret: string,
  { secret_encoded }: Pick<ClientConfig['jwt_configuration'], 'secret_encoded'>,
): KeyObject | undefined {
  const bytes = decodeSecret(secret, secret_encoded);
  return bytes && createSecretKey(bytes);
}
