import { cert, deleteApp, initializeApp } from 'firebase-admin/app';
import { getAuth } from 'firebase-admin/auth';
import { afterAll, describe, expect, it } from 'vitest';
import { readJwt, readRefusal, readToken } from '../support/answers.js';
import { FIREBASE_EMAIL, type TestGateway, testGateway } from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';

// With this variable set firebase-admin signs nothing (alg none), and there would be nothing to compare.
delete process.env.FIREBASE_AUTH_EMULATOR_HOST;

const { pem } = rsaPair('firebase');
const admin = initializeApp({
  credential: cert({ projectId: 'demo-project', clientEmail: FIREBASE_EMAIL, privateKey: pem }),
});
afterAll(() => deleteApp(admin));

/** What firebase-admin mints for this user and these claims. */
async function byFirebaseAdmin(uid: string, claims?: object) {
  return readJwt(await getAuth(admin).createCustomToken(uid, claims));
}

const gateway: Promise<TestGateway> = testGateway((config) => {
  config.rate_limit = { burst: 1_000, per_user: false, attempts_per_minute: 1_000 };
  Object.assign(config.tenants[0]!.clients[2]!.addons!.firebase, { data_claim: 'd' });
});

/** What the gateway answers when its caller's token has this user and these claims. */
async function byGateway(uid: unknown, claims: object = {}) {
  const { idToken, delegate } = await gateway;
  return delegate({ target: 'chat' }, { token: await idToken({ d: { uid, ...claims } }) });
}

describe('a custom token beside one of firebase-admin 13 for the same input', () => {
  it.each([
    ['a uid alone', 'f-1', undefined],
    ['a uid of Auth0', 'auth0|5f7c8ec7c33c6c004bbafe82', undefined],
    ['the longest uid', '\u{1f600}'.repeat(64), undefined],
    ['claims', 'f-1', { role: 'editor', level: 3, on: true, none: null, teams: ['red'], in: { deep: {} } }],
    ['claims that are not ASCII', 'Zoë', { name: 'Zoë \u{1f600} 漢字' }],
    ['claims that firebase-admin leaves to whoever mints', 'f-1', { admin: true, user_id: 'x', name: 'y' }],
  ])('holds the same claim set: %s', async (_what, uid, claims) => {
    const theirs = await byFirebaseAdmin(uid, claims);
    const ours = readJwt(readToken(await byGateway(uid, claims)));
    const { iat, exp, ...rest } = ours.payload;
    const { iat: theirIat, exp: theirExp, ...theirRest } = theirs.payload;
    expect(rest).toEqual(theirRest);
    expect([exp! - iat!, theirExp! - theirIat!]).toEqual([3600, 3600]);
    // firebase-admin sends no kid, which Firebase's documentation makes optional.
    expect(ours.header).toEqual({ ...theirs.header, kid: 'firebase-key-1' });
  });

  it.each('acr amr at_hash aud auth_time azp cnf c_hash exp iat iss jti nbf nonce'.split(' '))(
    'refuses %s, as firebase-admin does',
    async (name) => {
      await expect(byFirebaseAdmin('f-1', { [name]: 'value' })).rejects.toThrow('is reserved and cannot be specified');
      expect(readRefusal(await byGateway('f-1', { [name]: 'value' }))).toEqual({
        status: 200,
        code: 'INVALID_REQUEST',
        message: `The claim "d.${name}" must be absent: Firebase reserves its name`,
      });
    },
  );

  it.each(['sub', 'firebase'])('refuses %s, which firebase-admin lets pass and which misleads', async (name) => {
    expect((await byFirebaseAdmin('f-1', { [name]: 'value' })).payload.claims).toEqual({ [name]: 'value' });
    expect(readRefusal(await byGateway('f-1', { [name]: 'value' }))).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it.each([
    ['a'.repeat(129), 'less than or equal to 128 characters'],
    ['', 'must be a non-empty string uid'],
    [7, 'must be a non-empty string uid'],
    [['f-1'], 'must be a non-empty string uid'],
  ])('refuses the uid %j, as firebase-admin does', async (uid, reason) => {
    await expect(byFirebaseAdmin(uid as string)).rejects.toThrow(reason);
    expect(readRefusal(await byGateway(uid))).toMatchObject({ status: 200, code: 'INVALID_REQUEST' });
  });
});
