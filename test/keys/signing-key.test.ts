import { calculateJwkThumbprint } from 'jose';
import { expect, it } from 'vitest';
import { createSigningKey } from '../../src/keys/signing-key.js';
import { rsaPair } from '../support/keys.js';

it('a signing key publishes its public half, with its RFC 7638 thumbprint as kid and without alg', async () => {
  const { privateKey, publicKey } = rsaPair('tenant');
  const { kid, publicJwk, publicKey: exported } = createSigningKey(privateKey);
  const { n, e } = publicKey.export({ format: 'jwk' });
  expect(publicJwk).toEqual({ kty: 'RSA', kid, use: 'sig', n, e });
  expect(kid).toBe(await calculateJwkThumbprint({ kty: 'RSA', n: n as string, e: e as string }));
  expect(exported.equals(publicKey)).toBe(true);
});
