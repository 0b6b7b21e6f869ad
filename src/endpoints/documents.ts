import type { Tenant } from '../config/tenant.js';
import { DelegationError } from '../errors.js';
import { jsonResponse } from './responses.js';

/** Public documents may be cached for five minutes. */
const PUBLIC = { 'Cache-Control': 'public, max-age=300' };

/** The response of `/.well-known/jwks.json` (RFC 7517 §5). */
export function jwksResponse({ jwks }: Pick<Tenant, 'jwks'>): Response {
  return jsonResponse(jwks, { headers: PUBLIC });
}

/**
 * The response of `/saml/metadata`, in the media type of SAML 2.0 Metadata (Appendix A).
 *
 * @throws DelegationError with status 404 when the tenant has no certificate
 */
export function samlMetadataResponse({ samlMetadata }: Pick<Tenant, 'samlMetadata'>): Response {
  if (samlMetadata === undefined) {
    throw new DelegationError('INVALID_REQUEST', 'This tenant has no SAML metadata, because it has no certificate', {
      status: 404,
    });
  }
  return new Response(samlMetadata, { headers: { 'Content-Type': 'application/samlmetadata+xml', ...PUBLIC } });
}

/** The response of `/livez` and `/readyz`. */
export function healthResponse(): Response {
  return jsonResponse({ status: 'ok' });
}
