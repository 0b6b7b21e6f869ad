import { X509Certificate } from 'node:crypto';
import type { Diagnostic } from './diagnostics.js';
import type { GatewayConfig } from './load.js';
import type { Path } from './path.js';

const DAY_MS = 86_400_000;
const NOTICE_DAYS = 30;

/**
 * Warns of what is valid now and probably not intended: certificates that are not valid or end within 30 days, and
 * placeholders that `import-auth0` left.
 *
 * @param nowMs epoch milliseconds
 */
export function configWarnings(
  { settings: { tenants } }: Pick<GatewayConfig, 'settings'>,
  nowMs: number,
): Diagnostic[] {
  const certificates = tenants.flatMap(({ certificate }, index) => {
    const message = certificate === undefined ? undefined : checkValidity(new X509Certificate(certificate), nowMs);
    return message === undefined ? [] : [{ path: ['tenants', index, 'certificate'], message }];
  });
  const placeholders = tenants.flatMap(({ issuer, issuers }, index) => [
    ...findPlaceholders({ issuer }, ['tenants', index]),
    ...issuers.flatMap(({ issuer, jwks_uri, token_endpoint }, position) =>
      findPlaceholders({ issuer, jwks_uri, token_endpoint }, ['tenants', index, 'issuers', position]),
    ),
  ]);
  return [...certificates, ...placeholders];
}

function checkValidity({ validFrom, validTo }: X509Certificate, nowMs: number): string | undefined {
  const [startMs, endMs] = [Date.parse(validFrom), Date.parse(validTo)];
  const days = Math.floor((endMs - nowMs) / DAY_MS);
  if (endMs < nowMs) return `expired on ${formatDate(endMs)}; services that trust it may refuse what it signs`;
  if (days < NOTICE_DAYS) return `expires on ${formatDate(endMs)}, in ${days} days; replace it there and here before`;
  if (startMs > nowMs) return `is not valid before ${formatDate(startMs)}`;
  return undefined;
}

function formatDate(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

/** `import-auth0` writes unknown URLs below `.invalid`, which nobody can own (RFC 2606 §2). */
function findPlaceholders(urls: Readonly<Record<string, string | undefined>>, path: Path): Diagnostic[] {
  return Object.entries(urls)
    .filter(([, url]) => url !== undefined && URL.canParse(url) && new URL(url).hostname.endsWith('.invalid'))
    .map(([field]) => ({ path: [...path, field], message: 'a placeholder below .invalid; put your own in its place' }));
}
