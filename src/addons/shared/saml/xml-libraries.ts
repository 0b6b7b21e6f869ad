import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Loads the library that signs XML. It is not imported, because it would take a twentieth of every start. */
export function loadXmlCrypto(): typeof import('xml-crypto') {
  return require('xml-crypto');
}

/** Loads the library that parses XML. `xml-crypto` has loaded it already where there is a signer. */
export function loadXmldom(): typeof import('@xmldom/xmldom') {
  return require('@xmldom/xmldom');
}
