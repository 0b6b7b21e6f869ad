import { X509Certificate } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import type { SigningKey } from '../../../keys/signing-key.js';
import type { AddonContext, Report } from '../../addon.js';
import { Xml } from './xml.js';

const EXCLUSIVE_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';

const NO_SIGNATURE = new Xml('');

/**
 * Signs the root element of a document, whose attribute `ID` is given.
 *
 * @param build makes the document with the signature where its schema has it; called once without one, once with it
 */
export type SignXml = (id: string, build: (signature: Xml) => Xml) => Xml;

/**
 * The signer of a tenant whose assertions a service is to trust; undefined, and reported, when the tenant lacks its
 * signing_key or its certificate.
 */
export function tenantSigner(
  { signingKey, certificate }: AddonContext['tenant'],
  service: string,
  report: Report,
): SignXml | undefined {
  if (!signingKey) return report([], `the tenant to have a signing_key, to sign what ${service} verifies`);
  if (certificate === undefined) {
    return report([], `the tenant to have a certificate, by which ${service} knows its signing_key`);
  }
  return xmlSigner(signingKey, certificate);
}

/**
 * An enveloped signature as SAML 2.0 Core §5.4 wants it: RSA-SHA256 over the exclusive canonical form, with the
 * certificate in KeyInfo. The signed document is the text that `build` made, not a parser's copy of it.
 */
export function xmlSigner({ privateKey }: Pick<SigningKey, 'privateKey'>, certificate: string): SignXml {
  const x509 = certificateBase64(certificate);
  return (id, build) => {
    const signer = new SignedXml({
      privateKey,
      signatureAlgorithm: RSA_SHA256,
      canonicalizationAlgorithm: EXCLUSIVE_C14N,
      getKeyInfoContent: () => `<ds:X509Data><ds:X509Certificate>${x509}</ds:X509Certificate></ds:X509Data>`,
    });
    signer.addReference({
      xpath: '/*',
      uri: `#${id}`,
      transforms: [ENVELOPED, EXCLUSIVE_C14N],
      digestAlgorithm: SHA256,
    });
    signer.computeSignature(`${build(NO_SIGNATURE)}`, { prefix: 'ds' });
    return build(new Xml(signer.getSignatureXml()));
  };
}

/** The first certificate of a PEM as XML Signature §4.5.4 has it: base64 of its DER. */
export function certificateBase64(pem: string): string {
  return new X509Certificate(pem).raw.toString('base64');
}
