import { describe, expect, it } from 'vitest';
import { readJwt, readRefusal, readToken } from '../support/answers.js';
import { type ConfigDocument, FIREBASE_EMAIL, ISSUER, type TestGateway, testGateway } from '../support/gateway.js';
import { identityProvider } from '../support/identity-provider.js';
import { publicJwk, rsaPair } from '../support/keys.js';
import { samlTenant } from '../support/saml.js';

const PARTNER = 'https://partner.example.com/';
const NONCE = { layer: { nonce: 'n' } };

/** The add-ons that name a user by a claim; each reads the path that it is given. */
const ADDONS: readonly (readonly [apiType: string, name: string, configure: (path: string) => object])[] = [
  ['FIREBASE', 'firebase', (uid) => ({ ...firebaseKey(), uid })],
  ['AWS', 'aws', (uid) => ({ ...AWS, uid })],
  ['SAP_API', 'sap_api', (usernameAttribute) => ({ ...SAP, usernameAttribute })],
  ['SALESFORCE_API', 'salesforce_api', (principal) => ({ clientid: 'consumer', principal })],
  ['SALESFORCE_SANDBOX_API', 'salesforce_sandbox_api', (principal) => ({ clientid: 'consumer', principal })],
  ['LAYER', 'layer', (principal) => ({ ...LAYER, privateKey: rsaPair('layer').pem, principal })],
  ['WAMS', 'wams', (uid) => ({ masterkey: 'a-master-key-of-these-tests', uid })],
];

const AWS = {
  role: 'arn:aws:iam::123456789012:role/Reader',
  principal: 'arn:aws:iam::123456789012:saml-provider/acme',
};
const SAP = { clientid: 'C', servicePassword: 'a-password-of-sap', tokenEndpointUrl: 'https://sap.example.com/token' };
const LAYER = { providerId: 'layer:///providers/1', keyId: 'layer:///keys/1' };

function firebaseKey() {
  return { client_email: FIREBASE_EMAIL, private_key: rsaPair('firebase').pem };
}

interface IdentityGateway extends TestGateway {
  /** How often a service was called. */
  calls(): number;
  /**
   * Delegates to the client `target` with a token of an issuer, and returns `issued`, which is also said when the service,
   * which is out of reach here, was called; or the refusal.
   */
  ask(apiType: string, claims: Record<string, unknown>, issuer?: string): Promise<unknown>;
}

/** A gateway with the add-ons of one client; each request comes from another address. */
async function identityGateway(
  addons: Record<string, unknown>,
  change: (config: ConfigDocument) => void = () => {},
): Promise<IdentityGateway> {
  let calls = 0;
  const fetch = async () => {
    calls += 1;
    throw new TypeError('out of reach');
  };
  const gateway = await testGateway(
    (config) => {
      samlTenant(config);
      config.tenants[0]?.clients.push({ client_id: 'target', allowed_clients: ['*'], addons } as never);
      change(config);
    },
    { deps: { fetch } },
  );
  let asked = 0;
  return {
    ...gateway,
    calls: () => calls,
    async ask(apiType, claims, issuer = ISSUER) {
      const token = await sign(gateway, claims, issuer);
      asked += 1;
      const before = calls;
      const connection = { remoteAddress: `192.0.2.${asked}` };
      const answer = await gateway.delegate(
        { target: 'target', apiType, ...layerInput(apiType) },
        { token, connection },
      );
      if (!answer.errors || calls > before) return 'issued';
      const [{ extensions, message }] = answer.errors;
      return `${extensions.code}: ${message}`;
    },
  };
}

function layerInput(apiType: string) {
  return apiType === 'LAYER' ? NONCE : {};
}

function sign(gateway: TestGateway, claims: Record<string, unknown>, issuer: string): Promise<string> {
  const name = issuer === PARTNER ? 'partner' : 'idp';
  const signing = { key: rsaPair(name).privateKey, header: { kid: `${name}-1` } };
  return identityProvider({ issuer, clock: gateway.clock }).idToken({ aud: 'web', ...claims }, signing);
}

/** Adds a second identity provider, whose tokens `web` takes too. */
function withPartner(config: ConfigDocument, own: object = {}, partner: object = {}): void {
  const [tenant] = config.tenants;
  Object.assign(tenant?.issuers[0] as object, { subject_prefix: '', ...own });
  const jwks = { keys: [publicJwk(rsaPair('partner'), { kid: 'partner-1', alg: 'RS256' })] };
  tenant?.issuers.push({ issuer: PARTNER, subject_prefix: 'partner|', jwks, ...partner } as never);
  for (const client of tenant?.clients ?? []) Object.assign(client, { issuers: [ISSUER, PARTNER] });
}

const unverified =
  'INVALID_REQUEST: The claim "email" must be verified (email_verified: true), because it names the user';
const notBelieved = (claim: string, name = claim) =>
  `INVALID_REQUEST: The claim "${claim}" must come from an issuer that has "${name}" among its identity_claims, because it names the user`;

const CEO = { sub: 'mallory', email: 'ceo@example.com' };

describe.each(ADDONS)('the user name of %s', (apiType, name, configure) => {
  it('is not an email that is not verified', async () => {
    const gateway = await identityGateway({ [name]: configure('email') });
    for (const email_verified of [undefined, null, false, 'true', 1, { true: true }]) {
      expect(await gateway.ask(apiType, { ...CEO, email_verified })).toBe(unverified);
    }
    expect(gateway.calls()).toBe(0);
    expect(await gateway.ask(apiType, { ...CEO, email_verified: true })).toBe('issued');
  });

  it('is an email that is not verified if the tenant does not require it', async () => {
    const gateway = await identityGateway({ [name]: configure('email') }, (config) => {
      Object.assign(config.tenants[0] as object, { require_verified_email: false });
    });
    expect(await gateway.ask(apiType, CEO)).toBe('issued');
  });

  it('is no claim of one of several issuers, unless the issuer lists it', async () => {
    const addons = { [name]: configure('email') };
    const verified = { ...CEO, email_verified: true };
    const none = await identityGateway(addons, (config) => withPartner(config));
    expect(await none.ask(apiType, verified)).toBe(notBelieved('email'));
    expect(await none.ask(apiType, verified, PARTNER)).toBe(notBelieved('email'));
    expect(none.calls()).toBe(0);
    const own = await identityGateway(addons, (config) => withPartner(config, { identity_claims: ['email'] }));
    expect(await own.ask(apiType, verified)).toBe('issued');
    expect(await own.ask(apiType, CEO)).toBe(unverified);
    expect(await own.ask(apiType, verified, PARTNER)).toBe(notBelieved('email'));
  });

  it('is the user id of any issuer', async () => {
    for (const path of ['user_id', 'sub']) {
      const gateway = await identityGateway({ [name]: configure(path) }, (config) => withPartner(config));
      expect(await gateway.ask(apiType, { sub: 'alice', user_id: 'ceo' })).toBe('issued');
      expect(await gateway.ask(apiType, { sub: 'alice', user_id: 'ceo' }, PARTNER)).toBe('issued');
    }
  });
});

describe('identity_claims', () => {
  const path = 'app_metadata.uid';
  const claims = { app_metadata: { uid: 'f-1' } };

  it('name top-level claims: the first segment of a path, or a namespaced claim with its dots', async () => {
    const namespaced = 'https://example.com/data';
    const addons = (uid: string) => ({ firebase: { ...firebaseKey(), uid } });
    const listing = (...identity_claims: string[]) => {
      return (config: ConfigDocument) => withPartner(config, { identity_claims });
    };
    const first = await identityGateway(addons(path), listing('app_metadata'));
    expect(await first.ask('FIREBASE', claims)).toBe('issued');
    const whole = await identityGateway(addons(path), listing(path, 'uid', 'app'));
    expect(await whole.ask('FIREBASE', claims)).toBe(notBelieved(path, 'app_metadata'));
    const dotted = await identityGateway(addons(`${namespaced}.uid`), listing(namespaced));
    expect(await dotted.ask('FIREBASE', { [namespaced]: { uid: 'f-1' } })).toBe('issued');
    const others = await identityGateway(addons(`${namespaced}.uid`), listing('https://example'));
    expect(await others.ask('FIREBASE', { [namespaced]: { uid: 'f-1' } })).toBe(
      notBelieved(`${namespaced}.uid`, namespaced),
    );
    // A claim whose own name has the dots is another one than app_metadata.
    expect(await first.ask('FIREBASE', { ...claims, [path]: 'ceo' })).toBe(notBelieved(path));
  });

  it('restrict the only issuer of a tenant if they are given', async () => {
    const gateway = await identityGateway({ firebase: { ...firebaseKey(), uid: path } }, (config) => {
      Object.assign(config.tenants[0]?.issuers[0] as object, { identity_claims: ['email'] });
    });
    expect(await gateway.ask('FIREBASE', claims)).toBe(notBelieved(path, 'app_metadata'));
    const all = await identityGateway({ firebase: { ...firebaseKey(), uid: path } });
    expect(await all.ask('FIREBASE', claims)).toBe('issued');
  });

  it('cover all of the data_claim of Firebase: its uid and its custom claims', async () => {
    const firebase = { ...firebaseKey(), data_claim: 'firebase_data' };
    const gateway = await identityGateway({ firebase }, (config) => {
      withPartner(config, { identity_claims: ['firebase_data'] });
    });
    for (const data of [{ uid: 'ceo' }, { role: 'admin' }, {}, null, 7]) {
      expect(await gateway.ask('FIREBASE', { firebase_data: data }, PARTNER)).toBe(notBelieved('firebase_data'));
    }
    expect(await gateway.ask('FIREBASE', { firebase_data: { uid: 'ceo', role: 'admin' } })).toBe('issued');
    const token = await sign(gateway, { sub: 'mallory' }, PARTNER);
    const without = await gateway.delegate({ target: 'target', apiType: 'FIREBASE' }, { token });
    expect(readJwt(readToken(without)).payload.uid).toBe('partner|mallory');
  });

  it('do not concern a claim that is missing: the message says what it has to be', async () => {
    const gateway = await identityGateway(
      { wams: { masterkey: 'a-master-key-of-these-tests', uid: 'nick' } },
      (config) => withPartner(config),
    );
    expect(await gateway.ask('WAMS', {}, PARTNER)).toBe(
      'INVALID_REQUEST: The claim "nick" must be a non-empty string without lone surrogates',
    );
  });
});

describe('a claim that names no user', () => {
  it('is copied from any issuer: by scope, by the claims of a client and of an add-on', async () => {
    const firebase = { ...firebaseKey(), claims: { mail: 'email' } };
    const gateway = await identityGateway({ firebase }, (config) => {
      withPartner(config);
      Object.assign(config.tenants[0]?.clients[1] as object, { claims: { mail: 'email' } });
    });
    const token = await sign(gateway, CEO, PARTNER);
    const custom = await gateway.delegate({ target: 'target', apiType: 'FIREBASE' }, { token });
    expect(readJwt(readToken(custom)).payload).toMatchObject({ uid: 'partner|mallory', claims: { mail: CEO.email } });
    const app = await gateway.delegate({ target: 'api', apiType: 'APP', scope: ['email'] }, { token });
    expect(readJwt(readToken(app)).payload).toMatchObject({
      sub: 'partner|mallory',
      email: CEO.email,
      mail: CEO.email,
    });
  });
});

describe('a token that the tenant signed', () => {
  it('names a user by its own claims: an email only with email_verified', async () => {
    const gateway = await identityGateway({ firebase: { ...firebaseKey(), uid: 'email' } });
    const renewed = async (claims: Record<string, unknown>) => {
      const idToken = await gateway.idToken({ ...CEO, ...claims });
      const token = readToken(await gateway.delegate({ apiType: 'APP', scope: ['email'] }, { token: idToken }));
      return gateway.delegate({ target: 'target', apiType: 'FIREBASE' }, { token });
    };
    expect(readRefusal(await renewed({}))).toMatchObject({ code: 'INVALID_REQUEST', message: unverified.slice(17) });
    expect(readJwt(readToken(await renewed({ email_verified: true }))).payload.uid).toBe(CEO.email);
  });
});
