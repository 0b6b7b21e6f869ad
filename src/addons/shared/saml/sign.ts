import { X509Certificate } from 'node:crypto';
import type { SigningKey } from '../../../keys/signing-key.js';
import type { AddonContext, Report } from '../../addon.js';
import { Xml } from './xml.js';
import { loadXmlCrypto } from './xml-libraries.js';

const EXCLUSIVE_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';

const NO_SIGNATURE = new Xml('');

/**
 * Signs the root element of a document.
 *
 * @param id the root's attribute `ID`
 * @param build builds the document around a signature; called with an empty one, then with the real one
 */
export type SignXml = (id: string, build: (signature: Xml) => Xml) => Xml;

/**
 * Creates the SAML signer of a tenant, for an add-on with `needsCertificate`. Reports a missing signing_key or
 * certificate, and returns undefined.
 */
export function createTenantSigner(
  { signingKey }: AddonContext['tenant'],
  service: string,
  report: Report,
): SignXml | undefined {
  if (!signingKey) return report([], `the tenant to have a signing_key, to sign what ${service} verifies`);
  if (signingKey.certificate === undefined) {
    return report([], `the tenant to have a certificate, for ${service} to verify its signatures`);
  }
  const signer = signers.get(signingKey) ?? createXmlSigner(signingKey, signingKey.certificate);
  signers.set(signingKey, signer);
  return signer;
}

/** By key: the clients of a tenant share one, and its certificate is parsed once. */
const signers = new WeakMap<SigningKey, SignXml>();

/**
 * Creates enveloped signatures (SAML 2.0 Core §5.4): RSA-SHA256 over the exclusive canonical form, with the certificate
 * in KeyInfo. The signed document is the text from `build`, not a reserialized copy.
 */
export function createXmlSigner({ privateKey }: Pick<SigningKey, 'privateKey'>, certificate: string): SignXml {
  const { SignedXml } = loadXmlCrypto();
  const x509 = encodeCertificate(certificate);
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

/** Encodes the first certificate of a PEM for KeyInfo: its DER in base64 (XML Signature §4.5.4). */
export function encodeCertificate(pem: string): string {
  return new X509Certificate(pem).raw.toString('base64');
}
