import { describe, expect, it } from 'vitest';
import { type AssertionClaims, buildAssertion, buildResponse } from '../../../src/addons/shared/saml/assertion.js';
import { createXmlSigner } from '../../../src/addons/shared/saml/sign.js';
import { isXmlText, Xml, xml } from '../../../src/addons/shared/saml/xml.js';
import { importRsaPrivateKey } from '../../../src/keys/private-key.js';
import { createSigningKey } from '../../../src/keys/signing-key.js';
import { ENTITY_ID, STRANGER, TENANT } from '../../support/saml.js';
import { findSchemaErrors, needsXmlTools, textByLibxml, xmlsecVerifies } from '../../support/xml-tools.js';

const sign = createXmlSigner(createSigningKey(importRsaPrivateKey(TENANT.key)), TENANT.cert);
const NAME = ' ali\nce\r\t<x>&"\'\u007f\u009f \u{1f600} ]]> e\u0301 \u2029.';
const CLAIMS: AssertionClaims = {
  issuer: ENTITY_ID,
  nameId: NAME,
  nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
  audience: 'https://service.example.com/',
  recipient: 'https://service.example.com/?a=1&b=2',
  authenticatedAt: 1_767_225_540,
  attributes: [
    ['of "one" <value>', [NAME]],
    ['of several', ['', 'b']],
  ],
};
const stamp = () => {
  let id = 0;
  return { newId: () => `_${id++}`, nowSeconds: 1_767_225_600 };
};

// node-saml verifies with xml-crypto, which signed the document. libxml2 and xmlsec share no code with either.
describe('libxml2 and xmlsec', () => {
  it('accept an assertion by its schema and its signature, and read its exact name', ({ skip }) => {
    needsXmlTools({ skip });
    const assertion = `${buildAssertion(sign, CLAIMS, stamp())}`;
    const element = 'urn:oasis:names:tc:SAML:2.0:assertion:Assertion';
    expect(findSchemaErrors(assertion, 'assertion')).toEqual([]);
    expect(xmlsecVerifies(assertion, element, TENANT.cert)).toBe(true);
    expect(xmlsecVerifies(assertion, element, STRANGER.cert)).toBe(false);
    expect(xmlsecVerifies(assertion.replace('ali&#xA;ce', 'ali ce'), element, TENANT.cert)).toBe(false);
    expect(textByLibxml(assertion, "//*[local-name()='NameID']")).toBe(NAME);
    expect(textByLibxml(assertion, "//*[local-name()='AttributeValue']")).toBe(NAME);
  });

  it('accept a response by its schema and both of its signatures', ({ skip }) => {
    needsXmlTools({ skip });
    const response = `${buildResponse(sign, CLAIMS, stamp())}`;
    expect(findSchemaErrors(response, 'protocol')).toEqual([]);
    expect(
      findSchemaErrors(response.replace('<samlp:Status>', '<samlp:Status/><samlp:Status>'), 'protocol'),
    ).not.toEqual([]);
    for (const element of ['assertion:Assertion', 'protocol:Response']) {
      expect(xmlsecVerifies(response, `urn:oasis:names:tc:SAML:2.0:${element}`, TENANT.cert), element).toBe(true);
    }
  });
});

describe('the XML template', () => {
  it('escapes strings, inserts markup unchanged and drops the white space between its lines', () => {
    const inner = xml`<b c="${'"<&\'>\n'}"/>`;
    expect(
      `${xml`
        <a>
          ${inner}
          ${[inner, xml`${'é\u{1f600}'}`]}
        </a>`}`,
    ).toBe(
      '<a><b c="&#x22;&#x3C;&#x26;&#x27;&#x3E;&#xA;"/><b c="&#x22;&#x3C;&#x26;&#x27;&#x3E;&#xA;"/>&#xE9;&#x1F600;</a>',
    );
  });

  it('does not escape printable ASCII characters that are not markup', () => {
    const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
    expect(`${xml`${ascii.replaceAll(/["&'<>]/g, '')}`}`).toBe(ascii.replaceAll(/["&'<>]/g, ''));
  });

  it.each(['\u0000', '\u0008', '\u000b', '\u001f', '\u0085', '\u2028', '\ufffe', '\uffff', '\ud800', '\udc00x'])(
    'refuses %j',
    (text) => {
      expect(isXmlText(`a${text}`)).toBe(false);
      expect(() => xml`<a>${`a${text}`}</a>`).toThrow(new TypeError('XML cannot represent this text exactly'));
    },
  );

  it.each(['\t\n\r', '\u007f\u0084\u0086\u009f', '\u2027\u2029', '\ud7ff\ue000\ufffd', '\u{10000}\u{10ffff}'])(
    'accepts %j',
    (text) => {
      expect(isXmlText(text)).toBe(true);
      expect(xml`${text}`).toBeInstanceOf(Xml);
    },
  );
});
