import { readFileSync } from 'node:fs';
import { SAML } from '@node-saml/node-saml';
import type { Deps } from '../../src/deps.js';
import { type AddonGateway, createIssuers } from './addon.js';
import { type TestClock, testClock } from './clock.js';
import { type ConfigDocument, testGateway } from './gateway.js';
import { selfSigned } from './upstream.js';

/** The key and the certificate of the tenant, and those of somebody else. */
export const TENANT = selfSigned('acme');
export const STRANGER = selfSigned('stranger');
export const ENTITY_ID = 'urn:acme.example.com';

/** A gateway whose tenant has a certificate, and whose client `target` has one add-on. */
export async function samlGateway(
  addons: Record<string, unknown>,
  options: {
    /** Default: the real time, because node-saml knows no other. */
    readonly clock?: TestClock;
    readonly deps?: Partial<Deps>;
    readonly keys?: typeof TENANT;
  } = {},
): Promise<AddonGateway> {
  const { key, cert } = options.keys ?? TENANT;
  const gateway = await testGateway(
    (document) => {
      samlTenant(document, { key, cert });
      document.tenants[0]?.clients.push({
        client_id: 'target',
        name: 'Target',
        allowed_clients: ['web'],
        addons,
      } as never);
    },
    { clock: options.clock ?? testClock(Date.now()), ...(options.deps && { deps: options.deps }) },
  );
  return { ...gateway, ...createIssuers(gateway) };
}

/** Gives the tenant of a configuration a key and its certificate. */
export function samlTenant(document: ConfigDocument, { key, cert }: typeof TENANT = TENANT): void {
  Object.assign(document.tenants[0] as object, { signing_key: key, certificate: cert });
}

/** What node-saml makes of a Response once everything that it checks is right. */
export interface Verified {
  readonly nameId: string;
  readonly nameIdFormat: string;
  readonly issuer: string;
  readonly attributes: Readonly<Record<string, string | string[]>>;
  // biome-ignore lint/suspicious/noExplicitAny: the assertion as xml2js reads it
  readonly assertion: any;
}

/**
 * Verifies signatures, audience and times of a base64 Response by node-saml, on the real clock; Response and Assertion
 * need a signature each.
 *
 * @throws Error of node-saml
 */
export async function verifyResponse(
  response: string,
  {
    audience,
    cert = TENANT.cert,
    responseSigned = true,
  }: { audience: string; cert?: string | string[]; responseSigned?: boolean },
): Promise<Verified> {
  const saml = new SAML({
    idpCert: cert,
    issuer: 'the service',
    callbackUrl: 'https://service.example.com/',
    audience,
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: responseSigned,
    acceptedClockSkewMs: 0,
  });
  const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: response });
  const read = profile?.getAssertion?.();
  if (!profile || !read) throw new Error('no profile');
  return {
    nameId: profile.nameID,
    nameIdFormat: profile.nameIDFormat,
    issuer: profile.issuer,
    attributes: (profile.attributes ?? {}) as Verified['attributes'],
    assertion: read.Assertion,
  };
}

/** The same for a bare Assertion, which node-saml wants inside a Response. */
export function verifyAssertion(
  assertion: string,
  options: { audience: string; cert?: string | string[] },
): Promise<Verified> {
  const response = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">${assertion}</samlp:Response>`;
  return verifyResponse(Buffer.from(response).toString('base64'), { ...options, responseSigned: false });
}

/**
 * A signed document with what only the key decides taken out: signatures, certificates, and the digest of a Response,
 * which holds the signature of its Assertion. The rest is the same bytes each time.
 */
export function withoutKeyMaterial(document: string): string {
  return document
    .replaceAll(/(<ds:SignatureValue>)[^<]+/g, '$1…')
    .replaceAll(/(<ds:X509Certificate>)[^<]+/g, '$1…')
    .replace(/^(<samlp:Response .*?<ds:DigestValue>)[^<]+/, '$1…');
}

/** A file beside the tests that holds exact bytes, one element a line for the eye. */
export function expectedXml(name: string): string {
  return readFileSync(new URL(`../fixtures/saml/${name}`, import.meta.url), 'utf8').replaceAll(/\n */g, '');
}
