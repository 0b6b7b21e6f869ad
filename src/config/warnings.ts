import { X509Certificate } from 'node:crypto';
import { coversPublicAddresses, parseIpRange } from '../lib/ip-range.js';
import { isRecord } from '../lib/json.js';
import type { Diagnostic } from './diagnostics.js';
import type { GatewayConfig } from './load.js';
import type { Path } from './path.js';
import type { ClientConfig, TenantConfig } from './schema.js';
import { listSigningKeys } from './signing-keys.js';

export const DAY_MS = 86_400_000;
/** Before the end of a certificate. */
export const NOTICE_DAYS = 30;

/**
 * Warns of what is valid and probably not intended. A warning never contains a value of the configuration.
 *
 * @param nowMs epoch milliseconds
 */
export function configWarnings({ settings, addons }: Omit<GatewayConfig, 'tenants'>, nowMs: number): Diagnostic[] {
  const addonNames = addons.filter(({ config }) => config !== undefined).map(({ name }) => name);
  return [
    ...checkTrustProxy(settings.trust_proxy),
    ...settings.tenants.flatMap((tenant, index) => {
      const path = ['tenants', index];
      return [
        ...checkTenant(tenant, path, nowMs),
        ...tenant.clients.flatMap((client, position) =>
          checkClient(client, [...path, 'clients', position], addonNames),
        ),
      ];
    }),
  ];
}

function checkTrustProxy(trustProxy: readonly string[]): Diagnostic[] {
  const ranges = trustProxy.map(parseIpRange);
  return (['IPv4', 'IPv6'] as const)
    .filter((kind) => coversPublicAddresses(ranges, kind === 'IPv4' ? 'ipv4' : 'ipv6'))
    .map((kind) => ({
      path: ['trust_proxy'],
      message: `trusts every ${kind} address, so any client can choose the address that limits count; list only your proxies`,
    }));
}

function checkTenant(tenant: TenantConfig, path: Path, nowMs: number): Diagnostic[] {
  const { delegation, issuer, issuers } = tenant;
  const keys = listSigningKeys(tenant);
  const warnings: Diagnostic[] = [];
  const warn = (field: Path, message: string) => warnings.push({ path: [...path, ...field], message });
  if (!delegation.enabled)
    warn(['delegation', 'enabled'], 'is not true, so every delegation of this tenant is refused');
  if (keys.length === 0) {
    warn(['signing_key'], 'is missing, so there are no RS256 or PS256 app tokens and no SAML or Salesforce assertions');
  }
  for (const { certificate, certificatePath } of keys) {
    const validity = certificate === undefined ? undefined : checkValidity(new X509Certificate(certificate), nowMs);
    if (validity !== undefined) warn(certificatePath, validity);
  }
  return [
    ...warnings,
    ...findPlaceholders({ issuer }, path),
    ...issuers.flatMap(({ issuer, jwks_uri, token_endpoint }, position) =>
      findPlaceholders({ issuer, jwks_uri, token_endpoint }, [...path, 'issuers', position]),
    ),
  ];
}

function checkClient(
  { allowed_clients, addons, client_secret, accepted_client_secrets }: ClientConfig,
  path: Path,
  addonNames: readonly string[],
): Diagnostic[] {
  const configured = Object.entries(addons).filter(([name, addon]) => addonNames.includes(name) && addon !== undefined);
  const warnings: Diagnostic[] = [];
  if (configured.length > 0 && allowed_clients.includes('*')) {
    const message = 'lets every client of the tenant use its add-ons; name the clients that need them';
    warnings.push({ path: [...path, 'allowed_clients'], message });
  }
  if (configured.length > 1) {
    const message = 'has several add-ons and no default, so a request without apiType gets an app token';
    warnings.push({ path: [...path, 'addons'], message });
  }
  return [
    ...warnings,
    ...findVariables(client_secret, [...path, 'client_secret']),
    ...findVariables(accepted_client_secrets, [...path, 'accepted_client_secrets']),
    ...configured.flatMap(([name, addon]) => findVariables(addon, [...path, 'addons', name])),
  ];
}

/** Finds texts such as `${NAME}`, which a tool should have replaced. The gateway replaces none. */
function findVariables(value: unknown, path: Path): Diagnostic[] {
  if (typeof value === 'string' && /\$\{[^{}]*\}/.test(value)) {
    return [{ path, message: 'looks like a variable that was not replaced; write { env: NAME } to read a variable' }];
  }
  if (Array.isArray(value)) return value.flatMap((each, index) => findVariables(each, [...path, index]));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, each]) => findVariables(each, [...path, key]));
}

function checkValidity({ validFrom, validTo }: X509Certificate, nowMs: number): string | undefined {
  const [startMs, endMs] = [Date.parse(validFrom), Date.parse(validTo)];
  const days = Math.floor((endMs - nowMs) / DAY_MS);
  if (endMs < nowMs) return `expired on ${formatDate(endMs)}; services that trust it may refuse what it signs`;
  if (days < NOTICE_DAYS) return `expires on ${formatDate(endMs)}, in ${days} days; replace it there and here before`;
  if (startMs > nowMs) return `is not valid before ${formatDate(startMs)}`;
  return undefined;
}

/** The day of a time, in UTC. */
export function formatDate(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

/** `import-auth0` writes unknown URLs below `.invalid`, which nobody can own (RFC 2606 §2). */
function findPlaceholders(urls: Readonly<Record<string, string | undefined>>, path: Path): Diagnostic[] {
  return Object.entries(urls)
    .filter(([, url]) => url !== undefined && URL.canParse(url) && new URL(url).hostname.endsWith('.invalid'))
    .map(([field]) => ({ path: [...path, field], message: 'a placeholder below .invalid; put your own in its place' }));
}
