import { createHash } from 'node:crypto';
import type { SigningKey } from '../../../keys/signing-key.js';
import type { AddonContext } from '../../addon.js';
import { NAME_ID_PERSISTENT, NAME_ID_UNSPECIFIED } from './assertion.js';
import { createXmlSigner, encodeCertificate } from './sign.js';
import { type Xml, xml } from './xml.js';

/**
 * Builds the SAML metadata of a tenant (SAML 2.0 Metadata §2.4.3), which AWS and SAP import to trust its assertions. It
 * lists the certificates of all keys and is signed by the first one; undefined where that has no certificate. The same
 * tenant gives the same bytes. The schema and AWS require a sign-on address: it is the tenant's issuer, which does not
 * handle AuthnRequests.
 *
 * @param signingKeys the keys of the tenant; the first one signs
 */
export function buildSamlMetadata(
  { entityId, issuer }: Pick<AddonContext['tenant'], 'entityId' | 'issuer'>,
  signingKeys: readonly SigningKey[],
): string | undefined {
  const [first] = signingKeys;
  if (first?.certificate === undefined) return undefined;
  const certificates = signingKeys.flatMap(({ certificate }) => certificate ?? []).map(encodeCertificate);
  const id = `_${createHash('sha256')
    .update(JSON.stringify([entityId, issuer, ...certificates]))
    .digest('hex')}`;
  const document = createXmlSigner(first, first.certificate)(
    id,
    (signature) => xml`
      <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="${id}" entityID="${entityId}">
        ${signature}
        <md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
          ${certificates.map(renderKeyDescriptor)}
          <md:NameIDFormat>${NAME_ID_PERSISTENT}</md:NameIDFormat>
          <md:NameIDFormat>${NAME_ID_UNSPECIFIED}</md:NameIDFormat>
          <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${issuer}"/>
        </md:IDPSSODescriptor>
      </md:EntityDescriptor>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${document}\n`;
}

function renderKeyDescriptor(x509: string): Xml {
  return xml`
    <md:KeyDescriptor use="signing">
      <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
        <ds:X509Data>
          <ds:X509Certificate>${x509}</ds:X509Certificate>
        </ds:X509Data>
      </ds:KeyInfo>
    </md:KeyDescriptor>`;
}
