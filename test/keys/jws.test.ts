import { createSecretKey, type KeyObject, randomBytes, randomInt } from 'node:crypto';
import { CompactSign, compactVerify, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Algorithm } from '../../src/keys/algorithms.js';
import { createJwsSigner, hasValidSignature } from '../../src/keys/jws.js';
import { ecPair, ed25519Pair, rsaPair } from '../support/keys.js';

/** Of each algorithm: 50,000 tokens in all. */
const TOKENS = 10_000;
/** Jose verifies on other threads, and each turn of this one costs more than a signature. */
const AT_ONCE = 100;

const secret = createSecretKey(randomBytes(32));
const KEYS: Record<Algorithm, { readonly sign: KeyObject; readonly verify: KeyObject; readonly others: KeyObject[] }> =
  {
    HS256: { sign: secret, verify: secret, others: [createSecretKey(randomBytes(32))] },
    RS256: pair(rsaPair),
    PS256: pair(rsaPair),
    ES256: pair(ecPair),
    EdDSA: pair(ed25519Pair),
  };

function pair(create: (name: string) => { privateKey: KeyObject; publicKey: KeyObject }) {
  const { privateKey, publicKey } = create('idp');
  return { sign: privateKey, verify: publicKey, others: [create('other').publicKey] };
}

/** Signatures of a few payloads by jose: to sign 10,000 with RSA would take a minute. */
function signSome(alg: Algorithm): Promise<string[]> {
  const payloads = Array.from({ length: 20 }, (_, index) => randomBytes(index * 20));
  return Promise.all(
    payloads.map((payload) => new CompactSign(payload).setProtectedHeader({ alg }).sign(KEYS[alg].sign)),
  );
}

/** Changes the bytes of a signature, its length, or what it signs; or nothing. */
function mutate(token: string): string {
  const [header = '', payload = '', encoded = ''] = token.split('.');
  const signature = Buffer.from(encoded, 'base64url');
  const at = randomInt(signature.length);
  const changed = Buffer.from(signature);
  changed[at] = (signature[at] as number) ^ (1 << randomInt(8));
  const signatures: readonly (() => Uint8Array)[] = [
    () => signature,
    () => changed,
    () => signature.subarray(0, at),
    () => Buffer.concat([signature, randomBytes(1 + randomInt(8))]),
    () => Buffer.concat([Buffer.alloc(1 + randomInt(3)), signature]),
    () => randomBytes(1 + randomInt(600)),
    () => Buffer.alloc(signature.length, randomInt(2) * 255),
    () => Buffer.concat([signature.subarray(signature.length / 2), signature.subarray(0, signature.length / 2)]),
  ];
  const made = signatures[randomInt(signatures.length)]?.() ?? signature;
  const input = randomInt(8) === 0 ? `${header}.${payload}A` : `${header}.${payload}`;
  return `${input}.${Buffer.from(made).toString('base64url')}`;
}

function verifyOurs(token: string, key: KeyObject, alg: Algorithm): boolean {
  const end = token.lastIndexOf('.');
  return hasValidSignature(
    { signingInput: token.slice(0, end), signature: Buffer.from(token.slice(end + 1), 'base64url') },
    key,
    alg,
  );
}

async function verifyJose(token: string, key: KeyObject, alg: Algorithm): Promise<boolean> {
  return compactVerify(token, key, { algorithms: [alg] }).then(
    () => true,
    () => false,
  );
}

describe.each(Object.keys(KEYS) as Algorithm[])('a signature with %s', { timeout: 120_000 }, (alg) => {
  it(`has the verdict that jose has, for ${TOKENS} valid and mutated tokens`, async () => {
    const { verify, others } = KEYS[alg];
    const valid = await signSome(alg);
    let accepted = 0;
    const check = async (count: number) => {
      const token = mutate(valid[count % valid.length] as string);
      const key = count % 10 === 0 ? (others[0] as KeyObject) : verify;
      const ours = verifyOurs(token, key, alg);
      if (ours !== (await verifyJose(token, key, alg))) throw new Error(`another verdict for ${token}`);
      if (ours) accepted++;
    };
    for (let count = 0; count < TOKENS; count += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => check(count + index)));
    }
    expect(accepted).toBeGreaterThan(TOKENS / 20);
    expect(accepted).toBeLessThan(TOKENS / 2);
  });
});

describe.each(['HS256', 'RS256', 'PS256'] as const)('a token that is signed with %s', (alg) => {
  const claims = {
    iss: 'https://acme.example.com/',
    sub: 'auth0|ålice \ud83d\ude00 \ud800',
    n: 1.5,
    nothing: undefined,
  };

  it('is accepted by jose, and has the bytes of jose where the signature is deterministic', async () => {
    const header = { alg, typ: 'JWT', kid: 'a' } as const;
    const token = await createJwsSigner(KEYS[alg].sign, header)(claims);
    expect(await verifyJose(token, KEYS[alg].verify, alg)).toBe(true);
    const theirs = await new SignJWT(claims).setProtectedHeader(header).sign(KEYS[alg].sign);
    const signedParts = (text: string) => text.slice(0, text.lastIndexOf('.'));
    expect(signedParts(token)).toBe(signedParts(theirs));
    if (alg !== 'PS256') expect(token).toBe(theirs);
  });
});
