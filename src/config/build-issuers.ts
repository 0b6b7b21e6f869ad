import { SIGNING_ALGORITHMS } from '../keys/algorithms.js';
import { type KeySource, NO_KEYS } from '../keys/key-set.js';
import type { SigningKey } from '../keys/signing-key.js';
import type { TenantConfig } from './schema.js';
import type { Issuer } from './tenant.js';

/** UTF-16 units of a `sub`: what OpenID Connect Core §2 allows. */
const MAX_SUBJECT = 255;

/** Builds the issuers whose tokens a tenant accepts, by exact `iss`: the configured ones and the tenant itself. */
export function buildIssuers(config: TenantConfig, signingKeys: readonly SigningKey[]): Map<string, Issuer> {
  const prefixes = config.issuers.map((each) => each.subject_prefix ?? '');
  const isOnly = config.issuers.length === 1;
  const issuers = config.issuers.map(
    (each, index): Issuer => ({
      issuer: each.issuer,
      own: false,
      subjectPrefix: each.subject_prefix ?? '',
      foreignPrefixes: prefixes.filter((prefix, other) => other !== index && prefix !== ''),
      maxSubject: MAX_SUBJECT,
      algorithms: new Set(each.algorithms),
      identityClaims: each.identity_claims !== undefined || !isOnly ? new Set(each.identity_claims) : 'all',
      tokensValidAfter: each.tokens_valid_after,
      keys: each.jwks ?? NO_KEYS,
      jwksUri: each.jwks_uri,
    }),
  );
  const own: Issuer = {
    issuer: config.issuer,
    own: true,
    subjectPrefix: '',
    foreignPrefixes: [],
    maxSubject: MAX_SUBJECT + Math.max(...prefixes.map((prefix) => prefix.length)),
    algorithms: new Set(SIGNING_ALGORITHMS),
    identityClaims: 'all',
    tokensValidAfter: config.tokens_valid_after,
    keys: createKeySource(signingKeys),
    jwksUri: undefined,
  };
  return new Map([...issuers, own].map((issuer) => [issuer.issuer, issuer]));
}

/** Each key of the tenant verifies, whether it signs now, or did so before, or will. */
function createKeySource(signingKeys: readonly SigningKey[]): KeySource {
  return {
    find: (alg, wanted) =>
      alg === 'HS256' ? [] : signingKeys.filter(({ kid }) => kid === wanted).map(({ publicKey }) => publicKey),
  };
}
