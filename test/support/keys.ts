import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { secrets } from './secrets.js';

export interface TestKeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** PKCS #8. */
  readonly pem: string;
}

/** What an RSA pair is made with; default: 2048 bits and 65537. */
export interface RsaOptions {
  readonly bits?: number;
  readonly exponent?: number;
}

function rsa({ bits = 2048, exponent = 65537 }: RsaOptions): TestKeyPair {
  return kept(generateKeyPairSync('rsa', { modulusLength: bits, publicExponent: exponent }));
}

const FIXTURE = new URL('../fixtures/rsa-keys.json', import.meta.url);
let unused: string[] | undefined;

/** A pair that nothing else in this process has: one of the fixture, which has more than a run needs, or a new one. */
export function nextRsaPair(): TestKeyPair {
  unused ??= JSON.parse(readFileSync(FIXTURE, 'utf8')).keys as string[];
  const pem = unused.pop();
  if (pem === undefined) return rsa({});
  const privateKey = createPrivateKey(pem);
  return kept({ privateKey, publicKey: createPublicKey(privateKey) });
}

function kept({ privateKey, publicKey }: KeyPairKeyObjectResult): TestKeyPair {
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  keepPrivateKey(privateKey, pem);
  return { privateKey, publicKey, pem };
}

function keepPrivateKey(privateKey: KeyObject, pem: string): void {
  secrets.keepForGood('a private key as PEM', pem);
  const { d, p, q, dp, dq, qi } = privateKey.export({ format: 'jwk' });
  for (const part of [d, p, q, dp, dq, qi]) if (part) secrets.keepForGood('a part of a private key', part);
}

/** Pairs by kind and name, made once for all test files that run in this process. */
const pairs = new Map<string, TestKeyPair>();

function once(name: string, make: () => TestKeyPair): TestKeyPair {
  const pair = pairs.get(name) ?? make();
  pairs.set(name, pair);
  return pair;
}

export function rsaPair(name: string, options?: RsaOptions): TestKeyPair {
  return once(`rsa ${name}`, () => (options ? rsa(options) : nextRsaPair()));
}

export function ecPair(name: string, namedCurve = 'P-256'): TestKeyPair {
  return once(`ec ${name}`, () => kept(generateKeyPairSync('ec', { namedCurve })));
}

export function ed25519Pair(name: string): TestKeyPair {
  return once(`ed25519 ${name}`, () => kept(generateKeyPairSync('ed25519')));
}

/** A public JWK with `kid` and `use`. */
export function publicJwk({ publicKey }: TestKeyPair, extra: Record<string, unknown> = {}) {
  return { ...publicKey.export({ format: 'jwk' }), use: 'sig', ...extra };
}
