import type { Connection, Gateway } from '../../src/gateway.js';
import { keepSent } from './secrets.js';

export const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export interface LegacyAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is read as a client reads it
  readonly body: any;
}

export interface LegacyRequest {
  readonly connection?: Connection;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly host?: string;
}

/** `POST /delegation` with a body of that type, as it stands. */
export async function postLegacy(
  gateway: Pick<Gateway, 'fetch'>,
  body: string | undefined,
  contentType: string | undefined,
  { connection, headers, method = 'POST', host = 'gateway.test' }: LegacyRequest = {},
): Promise<LegacyAnswer> {
  keepSent(headers);
  const request = new Request(`http://${host}/delegation`, {
    method,
    headers: { ...(contentType !== undefined && { 'content-type': contentType }), ...headers },
    ...(body !== undefined && { body }),
  });
  const response = await gateway.fetch(request, connection ?? { remoteAddress: '192.0.2.1' });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text ? JSON.parse(text) : undefined };
}

/** A form as auth0.js 7 sends it; `client_id` and `grant_type` are there unless they are overridden. */
export function postForm(
  gateway: Pick<Gateway, 'fetch'>,
  parameters: Record<string, string> = {},
  request?: LegacyRequest,
): Promise<LegacyAnswer> {
  keepSent(parameters);
  const form = new URLSearchParams({ grant_type: GRANT_TYPE, client_id: 'web', ...parameters });
  return postLegacy(gateway, form.toString(), 'application/x-www-form-urlencoded', request);
}

/** JSON as later clients send it. */
export function postJson(
  gateway: Pick<Gateway, 'fetch'>,
  parameters: Record<string, unknown> = {},
  request?: LegacyRequest,
): Promise<LegacyAnswer> {
  keepSent(parameters);
  return postLegacy(
    gateway,
    JSON.stringify({ grant_type: GRANT_TYPE, client_id: 'web', ...parameters }),
    'application/json',
    request,
  );
}
