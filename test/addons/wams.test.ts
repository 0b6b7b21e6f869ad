import { createHash } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import { addonGateway, diagnoseAddon } from '../support/addon.js';
import { readRefusal, readToken } from '../support/answers.js';

const MASTER_KEY = 'wams-master-key-for-tests-0000000';
/** The raw digest, which Mobile Services used as key. */
const KEY = createHash('sha256').update(`${MASTER_KEY}JWTSig`).digest();
/** For the user auth0|alice. */
const ALICE =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjAifQ.eyJleHAiOjE3NjcyNjE2MDAsImlzcyI6InVybjptaWNyb3NvZnQ6d2luZG93cy1henVyZTp6dW1vIiwidmVyIjoyLCJhdWQiOiJDdXN0b20iLCJ1aWQiOiJhdXRoMHxhbGljZSJ9.vCuLzhW8shlrTeo6qdZO02_3vwBAXrSBWQksvpgHhBc';

async function issue(config: Record<string, unknown> = {}, claims: Record<string, unknown> = {}) {
  const gateway = await addonGateway('wams', { masterkey: MASTER_KEY, ...config });
  return { gateway, answer: await gateway.issue('', { claims }) };
}

describe('an Azure Mobile Services token', () => {
  // The signature was computed with Python's hmac; the format is that of Mobile Services' runtime.
  it('has the same bytes as one of Mobile Services', async () => {
    const { answer } = await issue();
    expect(answer.data.delegate.credential).toEqual({
      __typename: 'MobileServicesToken',
      token: ALICE,
      tokenType: 'Bearer',
      apiType: 'WAMS',
      expiresAt: '2026-01-01T10:00:00.000Z',
      expiresIn: 36_000,
    });
  });

  it('verifies with jsonwebtoken and names the user by the configured claim', async () => {
    const { gateway, answer } = await issue({ uid: 'app_metadata.uid' }, { app_metadata: { uid: 'Zoë' } });
    const verified = jwt.verify(readToken(answer), KEY, {
      algorithms: ['HS256'],
      issuer: 'urn:microsoft:windows-azure:zumo',
      audience: 'Custom',
      clockTimestamp: gateway.clock.seconds(),
      complete: true,
    });
    expect(verified.header).toEqual({ alg: 'HS256', typ: 'JWT', kid: '0' });
    expect(verified.payload).toMatchObject({ ver: 2, uid: 'Zoë' });
  });

  it('takes its lifetime from the jwt_configuration of the client', async () => {
    const client = { jwt_configuration: { lifetime_in_seconds: 600 } };
    const gateway = await addonGateway('wams', { masterkey: MASTER_KEY }, { client });
    const { data } = await gateway.issue('');
    expect(data.delegate.credential).toMatchObject({ expiresIn: 600, expiresAt: '2026-01-01T00:10:00.000Z' });
  });

  it.each([
    ['missing', {}],
    ['empty', { nick: '' }],
    ['not a string', { nick: 7 }],
    ['not well-formed', { nick: '\ud800' }],
  ])('is refused when the configured claim is %s', async (_what, claims) => {
    expect(readRefusal((await issue({ uid: 'nick' }, claims)).answer)).toEqual({
      status: 200,
      code: 'INVALID_REQUEST',
      message: 'The claim "nick" must be a non-empty string without lone surrogates',
    });
  });

  it('is the id_token of the legacy body', async () => {
    const { status, body } = await (await issue()).gateway.issueLegacy({ api_type: 'wams' });
    expect(status).toBe(200);
    expect(body).toEqual({ id_token: ALICE, token_type: 'Bearer', expires_in: 36_000 });
  });

  it.each([
    [{}, 'masterkey: missing; expected a string, { env: NAME } or { file: path }'],
    [{ masterkey: '' }, 'masterkey: an empty string; expected a master key that is not empty'],
    [{ masterkey: MASTER_KEY, uid: '' }, 'uid: an empty string; expected a string of at least 1 character'],
  ])('has a configuration schema that refuses %j', (config, fault) => {
    expect(diagnoseAddon('wams', config)).toEqual([fault]);
  });
});
