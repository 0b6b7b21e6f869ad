import { createHash, createPrivateKey, createPublicKey, diffieHellman, type JsonWebKey, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import { callerGateway } from '../support/caller.js';
import { signers } from '../support/identity-provider.js';
import { flipBit, readVectors, refuseKey, refuseToken, verifyByGateway } from './vector.js';

/** The examples of RFC 8037, appendix A. */
const VECTORS = readVectors<{
  'A.1': JsonWebKey;
  'A.2': JsonWebKey;
  'A.3': string;
  'A.4': string;
  'A.6': { publicKey: JsonWebKey; ephemeralKey: JsonWebKey; sharedSecret: string };
}>('rfc8037.json');
const PRIVATE_KEY = createPrivateKey({ key: VECTORS['A.1'], format: 'jwk' });
const [HEADER, PAYLOAD] = VECTORS['A.4'].split('.');

it('A.1 to A.3 are copied without a mistake: the public key is that of the private key, and has the thumbprint', () => {
  expect(createPublicKey(PRIVATE_KEY).export({ format: 'jwk' })).toEqual(VECTORS['A.2']);
  const { crv, kty, x } = VECTORS['A.2'];
  expect(createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')).toBe(VECTORS['A.3']);
});

it('A.4: the private key signs exactly this', () => {
  const signature = sign(null, Buffer.from(`${HEADER}.${PAYLOAD}`), PRIVATE_KEY);
  expect(`${HEADER}.${PAYLOAD}.${signature.toString('base64url')}`).toBe(VECTORS['A.4']);
});

it('A.5: the signature verifies with the public key, and does not with one bit changed', async () => {
  expect(verifyByGateway('EdDSA', VECTORS['A.2'], VECTORS['A.4'])).toBe(true);
  for (const part of [0, 1, 2]) {
    expect(verifyByGateway('EdDSA', VECTORS['A.2'], flipBit(VECTORS['A.4'], part))).toBe(false);
  }
});

it('A.4 is refused as a subject token, because its payload is no claims set', () => {
  expect(refuseToken(VECTORS['A.4'])).toBe('INVALID_TOKEN: The subject token does not verify: its payload is not JSON');
});

it('a claims set that the key of A.1 signed is accepted from an issuer that publishes A.2 under its thumbprint', async () => {
  const kid = VECTORS['A.3'];
  const gateway = await callerGateway(({ tenants: [tenant] }) => {
    Object.assign(tenant!.issuers[0]!, { jwks: { keys: [{ ...VECTORS['A.2'], kid }] }, algorithms: ['EdDSA'] });
  });
  const token = gateway.forge({ alg: 'EdDSA', kid }, gateway.claims(), signers.EdDSA(PRIVATE_KEY));
  expect(await gateway.ask(token)).toBe('accepted as auth0|alice');
  expect(await gateway.ask(flipBit(token, 2))).toMatch(/its signature is not valid$/);
});

it('A.6: a key of X25519, which agrees on secrets and signs nothing, is used for no signature', () => {
  const { publicKey, ephemeralKey, sharedSecret } = VECTORS['A.6'];
  const agreed = diffieHellman({
    privateKey: createPrivateKey({ key: ephemeralKey, format: 'jwk' }),
    publicKey: createPublicKey({ key: publicKey, format: 'jwk' }),
  });
  expect(agreed.toString('hex')).toBe(sharedSecret);
  expect(refuseKey(publicKey)).toBe('a JWKS with at least one usable key (keys[0] fits no supported algorithm)');
});
