import type { SignXml } from './sign.js';
import { type Xml, xml } from './xml.js';

/** Seconds that an assertion may be presented for: it is used at once. */
const LIFETIME = 300;
/** Seconds by which the clock of the service may be behind. */
const SKEW = 60;

/** What an assertion says, beside its times. All of it must be text that XML carries unchanged. */
export interface AssertionClaims {
  /** The entity id of who signs. */
  readonly issuer: string;
  readonly nameId: string;
  readonly nameIdFormat: string;
  readonly audience: string;
  /** Where the assertion is presented. */
  readonly recipient: string;
  readonly attributes: readonly (readonly [name: string, values: readonly string[]])[];
}

export interface Stamp {
  /** Different for each call: xs:ID, so it begins with a letter or `_`. */
  readonly newId: () => string;
  readonly nowSeconds: number;
}

/** A signed bearer assertion (SAML 2.0 Core §2.3.3; RFC 7522 §3), good for five minutes. */
export function signedAssertion(sign: SignXml, claims: AssertionClaims, { newId, nowSeconds }: Stamp): Xml {
  const id = newId();
  const expiry = dateTime(nowSeconds + LIFETIME);
  return sign(
    id,
    (signature) => xml`
      <saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${id}" Version="2.0" IssueInstant="${dateTime(nowSeconds)}">
        <saml:Issuer>${claims.issuer}</saml:Issuer>
        ${signature}
        <saml:Subject>
          <saml:NameID Format="${claims.nameIdFormat}">${claims.nameId}</saml:NameID>
          <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
            <saml:SubjectConfirmationData NotOnOrAfter="${expiry}" Recipient="${claims.recipient}"/>
          </saml:SubjectConfirmation>
        </saml:Subject>
        <saml:Conditions NotBefore="${dateTime(nowSeconds - SKEW)}" NotOnOrAfter="${expiry}">
          <saml:AudienceRestriction>
            <saml:Audience>${claims.audience}</saml:Audience>
          </saml:AudienceRestriction>
        </saml:Conditions>
        <saml:AuthnStatement AuthnInstant="${dateTime(nowSeconds)}">
          <saml:AuthnContext>
            <saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef>
          </saml:AuthnContext>
        </saml:AuthnStatement>
        <saml:AttributeStatement>
          ${claims.attributes.map(attribute)}
        </saml:AttributeStatement>
      </saml:Assertion>`,
  );
}

function attribute([name, values]: AssertionClaims['attributes'][number]): Xml {
  const valueElements = values.map((value) => xml`<saml:AttributeValue>${value}</saml:AttributeValue>`);
  return xml`<saml:Attribute Name="${name}">${valueElements}</saml:Attribute>`;
}

/** A signed Response (SAML 2.0 Core §3.3.3) around one signed assertion: some services look at one signature, some at the other. */
export function signedResponse(sign: SignXml, claims: AssertionClaims, stamp: Stamp): Xml {
  const assertion = signedAssertion(sign, claims, stamp);
  const id = stamp.newId();
  return sign(
    id,
    (signature) => xml`
      <samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="${id}" Version="2.0" IssueInstant="${dateTime(stamp.nowSeconds)}" Destination="${claims.recipient}">
        <saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${claims.issuer}</saml:Issuer>
        ${signature}
        <samlp:Status>
          <samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>
        </samlp:Status>
        ${assertion}
      </samlp:Response>`,
  );
}

/** xs:dateTime in UTC (SAML 2.0 Core §1.3.3). */
function dateTime(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().replace('.000Z', 'Z');
}
