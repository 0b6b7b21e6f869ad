import { createHash } from 'node:crypto';
import type { AddonContext } from '../../addon.js';
import { NAME_ID_PERSISTENT, NAME_ID_UNSPECIFIED } from './assertion.js';
import { createXmlSigner, encodeCertificate } from './sign.js';
import { xml } from './xml.js';

/**
 * Builds the signed SAML metadata of a tenant (SAML 2.0 Metadata §2.4.3), which AWS and SAP import to trust its
 * assertions; undefined for a tenant without key or certificate. The same tenant gives the same bytes. The schema and
 * AWS require a sign-on address: it is the tenant's issuer, which does not handle AuthnRequests.
 */
export function buildSamlMetadata({
  entityId,
  issuer,
  signingKey,
  certificate,
}: AddonContext['tenant']): string | undefined {
  if (!signingKey || certificate === undefined) return undefined;
  const x509 = encodeCertificate(certificate);
  const id = `_${createHash('sha256')
    .update(JSON.stringify([entityId, issuer, x509]))
    .digest('hex')}`;
  const document = createXmlSigner(signingKey, certificate)(
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
