import type { ClientConfig, TenantConfig } from './schema.js';
import type { RefreshConfiguration } from './tenant.js';

/** Where and how the refresh tokens of a client are exchanged; undefined where it may not send any. */
export function compileRefresh(
  client: ClientConfig,
  issuers: TenantConfig['issuers'],
): RefreshConfiguration | undefined {
  if (!client.refresh_token_delegation) return undefined;
  const candidates = issuers.filter(
    (each) => client.refresh_token_issuer === undefined || each.issuer === client.refresh_token_issuer,
  );
  const issuer = candidates.find((each) => each.token_endpoint !== undefined);
  if (issuer?.token_endpoint === undefined) return undefined;
  return { issuer: issuer.issuer, tokenEndpoint: issuer.token_endpoint, ...authentication(client) };
}

function authentication({
  client_id,
  client_secret,
  token_endpoint_auth_method,
}: ClientConfig): Pick<RefreshConfiguration, 'parameters' | 'headers'> {
  const method = token_endpoint_auth_method ?? (client_secret === undefined ? 'none' : 'client_secret_post');
  if (method === 'client_secret_basic') {
    const credentials = `${formEncode(client_id)}:${formEncode(client_secret ?? '')}`;
    return { parameters: {}, headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } };
  }
  const posted = method === 'client_secret_post' && client_secret !== undefined;
  return { parameters: posted ? { client_id, client_secret } : { client_id }, headers: {} };
}

/** application/x-www-form-urlencoded, as RFC 6749 §2.3.1 has it for both halves of Basic. */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
