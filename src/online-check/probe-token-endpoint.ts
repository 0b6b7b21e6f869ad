import { DelegationError } from '../errors.js';
import { readTokenAnswer, Upstreams } from '../lib/upstream.js';
import { showUrl } from './finding.js';
import type { Probe } from './probes.js';

const NOT_FOUND = 404;

/**
 * Posts an empty form to a token endpoint: without a grant, a client or a secret. A token endpoint answers with an OAuth
 * error (RFC 6749 §5.2), and nothing changes there.
 */
export const probeTokenEndpoint: Probe = async ({ url, places: [{ path }] }, fetch) => {
  const where = showUrl(url);
  const call = { service: where, url, form: new URLSearchParams() };
  try {
    const answer = await new Upstreams({ fetch, now: Date.now }).call({ tenant: '', clientId: '' }, call);
    if (answer.status === NOT_FOUND) return [{ level: 'error', path, text: `${where} answered with status 404` }];
    readTokenAnswer(where, answer);
    const text = `${where} answered an empty request with status ${answer.status}; is it a token endpoint?`;
    return [{ level: 'warning', path, text }];
  } catch (error) {
    if (!(error instanceof DelegationError)) throw error;
    const { upstreamCode, cause } = error.details;
    if (error.code === 'UPSTREAM_REFUSED') {
      const text = `${where}: answers as a token endpoint (${upstreamCode ?? 'an error'})`;
      return [{ level: 'found', path, text }];
    }
    return [{ level: 'error', path, text: `${error.message}${cause ? ` (${String(cause)})` : ''}` }];
  }
};
