import type { SignXml } from './sign.js';
import { type Xml, xml } from './xml.js';

/** Name identifier formats (SAML 2.0 Core §8.3). */
export const NAME_ID_UNSPECIFIED = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified';
export const NAME_ID_PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';

/** Seconds that an assertion is valid. The gateway presents it at once. */
const LIFETIME_SECONDS = 300;
/** Seconds that the clock of the service may be behind. */
const SKEW_SECONDS = 60;
/** Epoch seconds. An earlier time of authentication is none: some identity providers write 0 for an unknown one. */
const YEAR_2000 = Date.UTC(2000) / 1000;

/** The content of an assertion, except the times of its issue and end. XML must be able to represent every string exactly. */
export interface AssertionClaims {
  /** The entity id of the signer. */
  readonly issuer: string;
  readonly nameId: string;
  readonly nameIdFormat: string;
  readonly audience: string;
  /** The address that the assertion is presented to. */
  readonly recipient: string;
  /** Epoch seconds at which the user authenticated. */
  readonly authenticatedAt: number;
  readonly attributes: readonly (readonly [name: string, values: readonly string[]])[];
}

export interface Stamp {
  /** A new xs:ID for each call, which begins with a letter or `_`. */
  readonly newId: () => string;
  readonly nowSeconds: number;
}

/** Builds a signed bearer assertion (SAML 2.0 Core §2.3.3; RFC 7522 §3), valid for five minutes. */
export function buildAssertion(sign: SignXml, claims: AssertionClaims, { newId, nowSeconds }: Stamp): Xml {
  const id = newId();
  const expiry = formatDateTime(nowSeconds + LIFETIME_SECONDS);
  return sign(
    id,
    (signature) => xml`
      <saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${id}" Version="2.0" IssueInstant="${formatDateTime(nowSeconds)}">
        <saml:Issuer>${claims.issuer}</saml:Issuer>
        ${signature}
        <saml:Subject>
          <saml:NameID Format="${claims.nameIdFormat}">${claims.nameId}</saml:NameID>
          <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
            <saml:SubjectConfirmationData NotOnOrAfter="${expiry}" Recipient="${claims.recipient}"/>
          </saml:SubjectConfirmation>
        </saml:Subject>
        <saml:Conditions NotBefore="${formatDateTime(nowSeconds - SKEW_SECONDS)}" NotOnOrAfter="${expiry}">
          <saml:AudienceRestriction>
            <saml:Audience>${claims.audience}</saml:Audience>
          </saml:AudienceRestriction>
        </saml:Conditions>
        <saml:AuthnStatement AuthnInstant="${formatDateTime(claims.authenticatedAt)}">
          <saml:AuthnContext>
            <saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef>
          </saml:AuthnContext>
        </saml:AuthnStatement>
        <saml:AttributeStatement>
          ${claims.attributes.map(renderAttribute)}
        </saml:AttributeStatement>
      </saml:Assertion>`,
  );
}

function renderAttribute([name, values]: AssertionClaims['attributes'][number]): Xml {
  const valueElements = values.map((value) => xml`<saml:AttributeValue>${value}</saml:AttributeValue>`);
  return xml`<saml:Attribute Name="${name}">${valueElements}</saml:Attribute>`;
}

/** Builds a signed Response (SAML 2.0 Core §3.3.3) around a signed assertion: some services verify only one of the two. */
export function buildResponse(sign: SignXml, claims: AssertionClaims, stamp: Stamp): Xml {
  const assertion = buildAssertion(sign, claims, stamp);
  const id = stamp.newId();
  return sign(
    id,
    (signature) => xml`
      <samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="${id}" Version="2.0" IssueInstant="${formatDateTime(stamp.nowSeconds)}" Destination="${claims.recipient}">
        <saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${claims.issuer}</saml:Issuer>
        ${signature}
        <samlp:Status>
          <samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>
        </samlp:Status>
        ${assertion}
      </samlp:Response>`,
  );
}

/**
 * Reads when the user authenticated (SAML 2.0 Core §2.7.2): `auth_time` (OpenID Connect Core §2), else the time at which the
 * identity provider issued its token. A value that is not a time from 2000 until now counts as absent.
 *
 * @param chain the chain claims of the request
 * @returns epoch seconds
 */
export function readAuthenticationTime(
  { auth_time, chain_iat }: Readonly<Record<string, unknown>>,
  nowSeconds: number,
): number {
  const seconds = [auth_time, chain_iat].find(
    (value): value is number => typeof value === 'number' && value >= YEAR_2000 && value <= nowSeconds,
  );
  return Math.floor(seconds ?? nowSeconds);
}

/** Formats an xs:dateTime in UTC (SAML 2.0 Core §1.3.3). */
function formatDateTime(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().replace('.000Z', 'Z');
}
