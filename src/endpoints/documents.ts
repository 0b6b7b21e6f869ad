import type { Tenant } from '../config/tenant.js';
import { DelegationError } from '../errors.js';
import { HttpResponse } from '../http/message.js';
import type { Endpoint } from './context.js';
import { createEtag, matchesEtag } from './etag.js';
import { errorResponse, methodNotAllowed } from './responses.js';

interface DocumentOptions {
  readonly contentType: string;
  /** @throws DelegationError when the tenant has no such document */
  render(tenant: Tenant): string;
}

/** `/.well-known/jwks.json` (RFC 7517 §5). */
export const jwksEndpoint = createDocumentEndpoint({
  contentType: 'application/json; charset=utf-8',
  render: ({ jwks }) => JSON.stringify(jwks),
});

/** `/saml/metadata`, in the media type of SAML 2.0 Metadata (Appendix A). A tenant without a certificate has none. */
export const samlMetadataEndpoint = createDocumentEndpoint({
  contentType: 'application/samlmetadata+xml',
  render({ samlMetadata }) {
    if (samlMetadata !== undefined) return samlMetadata;
    throw new DelegationError('INVALID_REQUEST', 'This tenant has no SAML metadata, because it has no certificate', {
      status: 404,
    });
  },
});

/**
 * A public document of a tenant, by GET. It is rendered once, may be cached for five minutes, and is a 304 for a client
 * that has it already (RFC 9110 §13.1.2).
 */
export function createDocumentEndpoint({ contentType, render }: DocumentOptions): Endpoint {
  const rendered = new WeakMap<Tenant, { readonly text: string; readonly etag: string }>();

  function renderOnce(tenant: Tenant) {
    const known = rendered.get(tenant);
    if (known) return known;
    const text = render(tenant);
    const document = { text, etag: createEtag(text) };
    rendered.set(tenant, document);
    return document;
  }

  return {
    name: 'documents',
    presentError: errorResponse,
    answer(request, { tenant }) {
      if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed('GET');
      const { text, etag } = renderOnce(tenant);
      const headers = { 'Cache-Control': 'public, max-age=300', ETag: etag };
      if (matchesEtag(request, etag)) return new HttpResponse(null, { status: 304, headers });
      return new HttpResponse(text, { headers: { 'Content-Type': contentType, ...headers } });
    },
  };
}
