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

/** Whether the gateway adds the secret of the client to its refresh tokens (RFC 6749 §2.1). */
export function isConfidential(client: ClientConfig): boolean {
  return Boolean(client.client_secret) && chooseMethod(client) !== 'none';
}

function chooseMethod({ client_secret, token_endpoint_auth_method }: ClientConfig) {
  return token_endpoint_auth_method ?? (client_secret === undefined ? 'none' : 'client_secret_post');
}

function buildAuthentication(client: ClientConfig): Pick<TokenEndpoint, 'parameters' | 'headers'> {
  const { client_id, client_secret } = client;
  const method = chooseMethod(client);
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
