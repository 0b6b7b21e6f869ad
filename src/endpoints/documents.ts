import { DelegationError } from '../errors.js';

/**
 * The answer of `/saml/metadata`, in the media type of SAML 2.0 Metadata (Appendix A).
 *
 * @throws DelegationError with status 404 for a tenant without a certificate
 */
export function samlMetadataResponse(metadata: string | undefined): Response {
  if (metadata === undefined) {
    throw new DelegationError('INVALID_REQUEST', 'This tenant has no certificate, and so no SAML metadata', {
      status: 404,
    });
  }
  return new Response(metadata, {
    headers: { 'Content-Type': 'application/samlmetadata+xml', 'Cache-Control': 'public, max-age=300' },
  });
}
