import type { ClientConfig, IssuerConfig } from './schema.js';
import type { TokenEndpoint } from './tenant.js';

/** Builds the token endpoint of a client; undefined where the client may not send refresh tokens. */
export function buildTokenEndpoint(client: ClientConfig, issuers: readonly IssuerConfig[]): TokenEndpoint | undefined {
  if (!client.refresh_token_delegation) return undefined;
  const candidates = issuers.filter(
    (each) => client.refresh_token_issuer === undefined || each.issuer === client.refresh_token_issuer,
  );
  const issuer = candidates.find((each) => each.token_endpoint !== undefined);
  if (issuer?.token_endpoint === undefined) return undefined;
  return { issuer: issuer.issuer, url: issuer.token_endpoint, ...buildAuthentication(client) };
}

function buildAuthentication({
  client_id,
  client_secret,
  token_endpoint_auth_method,
}: ClientConfig): Pick<TokenEndpoint, 'parameters' | 'headers'> {
  const method = token_endpoint_auth_method ?? (client_secret === undefined ? 'none' : 'client_secret_post');
  if (method === 'client_secret_basic') {
    const credentials = `${formEncode(client_id)}:${formEncode(client_secret ?? '')}`;
    return { parameters: {}, headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } };
  }
  const posted = method === 'client_secret_post' && client_secret !== undefined;
  return { parameters: posted ? { client_id, client_secret } : { client_id }, headers: {} };
}

/** RFC 6749 §2.3.1: both halves of Basic credentials are application/x-www-form-urlencoded. */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
