import { describeFetchFailure, fetchJson } from '../lib/fetch-json.js';
import { isRecord } from '../lib/json.js';
import { type Finding, quote, showUrl } from './finding.js';
import type { Probe } from './probes.js';
import type { Place } from './services.js';

type Metadata = Readonly<Record<string, unknown>>;

/**
 * Fetches the metadata of an issuer (OpenID Connect Discovery §4) and compares it with the configuration. The gateway
 * itself never reads it, so that it is no error when there is none.
 */
export const probeMetadata: Probe = async ({ url, places }, fetch) => {
  const where = showUrl(url);
  const [{ path }] = places;
  try {
    const metadata = await fetchJson(fetch, url);
    if (!isRecord(metadata)) throw new Error('not a JSON object');
    const differences = places.flatMap((place) => compare(metadata, place, where));
    const algorithms = listTexts(metadata.id_token_signing_alg_values_supported).map(quote).join(', ') || 'not said';
    const result = differences.length > 0 ? 'differs from the configuration' : 'agrees with the configuration';
    return [
      { level: 'found', path, text: `${where}: ${result}; ID tokens are signed with ${algorithms}` },
      ...differences,
    ];
  } catch (error) {
    const text = `${where} cannot be read (${describeFetchFailure(error)}), so the issuer was not compared with its metadata`;
    return [{ level: 'warning', path, text }];
  }
};

const COMPARED = ['issuer', 'jwks_uri', 'token_endpoint'] as const;

function compare(metadata: Metadata, { path, issuer }: Place, where: string): Finding[] {
  if (!issuer) return [];
  const at = (field: string) => [...path.slice(0, -1), field];
  const warn = (field: string, text: string): Finding => ({ level: 'warning', path: at(field), text });
  const supported = listTexts(metadata.id_token_signing_alg_values_supported);
  return [
    ...COMPARED.flatMap((field) => {
      const [configured, said] = [issuer[field], metadata[field]];
      if (configured === undefined || configured === said) return [];
      const shown = field === 'issuer' ? quote(configured) : quote(showUrl(configured));
      return warn(field, `is ${shown}; ${where} says ${describeSaid(said)}`);
    }),
    ...issuer.algorithms
      .filter((alg) => supported.length > 0 && !supported.includes(alg))
      .map((alg) => warn('algorithms', `has ${alg}; ${where} says ${supported.map(quote).join(', ')}`)),
  ];
}

function describeSaid(said: unknown): string {
  if (typeof said !== 'string') return 'nothing of it';
  return quote(URL.canParse(said) && new URL(said).search !== '' ? showUrl(said) : said);
}

/** The most algorithms to show. */
const MAX_LISTED = 20;

function listTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string').slice(0, MAX_LISTED) : [];
}
