import { createHash } from 'node:crypto';
import type { AddonContext } from '../../addon.js';
import { NAME_ID_PERSISTENT, NAME_ID_UNSPECIFIED } from './name-id.js';
import { certificateBase64, xmlSigner } from './sign.js';
import { xml } from './xml.js';

/**
 * SAML metadata of a tenant (SAML 2.0 Metadata §2.4.3), signed: what AWS and SAP import to trust its assertions. Both
 * the schema and AWS demand a sign-on address, so it names the tenant's issuer; nothing listens there for
 * AuthnRequests. It is undefined for a tenant without key or certificate, and the same bytes for the same tenant.
 */
export function samlMetadata({
  entityId,
  issuer,
  signingKey,
  certificate,
}: AddonContext['tenant']): string | undefined {
  if (!signingKey || certificate === undefined) return undefined;
  const x509 = certificateBase64(certificate);
  const id = `_${createHash('sha256')
    .update(JSON.stringify([entityId, issuer, x509]))
    .digest('hex')}`;
  const document = xmlSigner(signingKey, certificate)(
    id,
    (signature) => xml`
      <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="${id}" entityID="${entityId}">
        ${signature}
        <md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
          <md:KeyDescriptor use="signing">
            <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
              <ds:X509Data>
                <ds:X509Certificate>${x509}</ds:X509Certificate>
              </ds:X509Data>
            </ds:KeyInfo>
          </md:KeyDescriptor>
          <md:NameIDFormat>${NAME_ID_PERSISTENT}</md:NameIDFormat>
          <md:NameIDFormat>${NAME_ID_UNSPECIFIED}</md:NameIDFormat>
          <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${issuer}"/>
        </md:IDPSSODescriptor>
      </md:EntityDescriptor>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${document}\n`;
}
