import type { VerificationKey } from '../keys/key-set.js';
import { fetchKeySet } from '../keys/remote-jwks.js';
import { describeFetchFailure } from '../lib/fetch-json.js';
import { type Finding, quote, showUrl } from './finding.js';
import type { Probe } from './probes.js';

/** Fetches a JWKS as the gateway does, and describes its keys: type, size, `kid` and algorithms. */
export const probeKeys: Probe = async ({ url, places }, fetch) => {
  const [{ path }] = places;
  const where = showUrl(url);
  try {
    const { keys, skipped } = await fetchKeySet(fetch, url);
    const unused = skipped.length > 0 ? `; not used: ${skipped.join('; ')}` : '';
    const text = `${where}: ${keys.length} key${keys.length === 1 ? '' : 's'}: ${keys.map(describeKey).join('; ')}${unused}`;
    return [{ level: 'found', path, text }, ...places.flatMap((place) => findUnservedAlgorithms(place, keys, where))];
  } catch (error) {
    const reason =
      error instanceof TypeError && error.cause === undefined
        ? `expected ${error.message}`
        : describeFetchFailure(error);
    return [{ level: 'error', path, text: `${where}: its keys cannot be used: ${reason}` }];
  }
};

function describeKey({ key, kid, algorithms }: VerificationKey): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const type = (key.asymmetricKeyType ?? '').toUpperCase();
  const size = modulusLength === undefined ? namedCurve : `${modulusLength} bits`;
  const name = kid === undefined ? 'without kid' : `kid ${quote(kid)}`;
  return [type, size, name, 'for', [...algorithms].join(', ')].filter(Boolean).join(' ');
}

/** Algorithms that an issuer is configured with and has no key for. HS256 has the secrets of clients. */
function findUnservedAlgorithms(
  { path, issuer }: Parameters<Probe>[0]['places'][number],
  keys: readonly VerificationKey[],
  where: string,
): Finding[] {
  return (issuer?.algorithms ?? [])
    .filter((alg) => alg !== 'HS256' && !keys.some(({ algorithms }) => algorithms.has(alg)))
    .map((alg) => ({ level: 'warning', path, text: `${where} has no key for ${alg}, which algorithms lists` }));
}
