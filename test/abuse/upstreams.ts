import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { IDP_JWKS } from '../support/caller.js';
import { keepSent } from '../support/secrets.js';

/** What the identity provider gives for a refresh token. */
export interface Session {
  readonly clientId: string;
  /** The secret that its client must send. */
  readonly secret?: string;
  readonly idToken: () => string;
  /** The refresh token that replaces it; absent when it stays valid. */
  readonly rotated?: string;
}

/** The services behind a gateway: one real HTTP server that counts every request. */
export interface Upstreams {
  /**
   * Its origin. `/jwks.json`, `/oauth/token`, `/sap/token` and `/sts` answer as such services do; `/redirect`, `/hostile`,
   * `/huge` and `/entities` as services that were taken over; any other path with 404.
   */
  readonly url: string;
  /** The path of every request, in order. */
  readonly calls: string[];
  /** The bodies of the requests to `/oauth/token`, `/sap/token` and `/sts`. */
  readonly forms: URLSearchParams[];
  /** What `/jwks.json` contains. */
  jwks: unknown;
  /** The refresh tokens that are valid now. A rotated one is removed. */
  readonly sessions: Map<string, Session>;
  /** Called when a request comes to `/oauth/token`, which is answered when the promise resolves. */
  beforeExchange: () => Promise<void> | undefined;
  close(): Promise<void>;
}

/** Is in the answer of `/hostile`, and must be in no answer of the gateway. */
export const UPSTREAM_CANARY = 'canary-of-a-hostile-upstream';

/** An answer in the form of the STS API reference. */
const ASSUMED_ROLE = `<AssumeRoleWithSAMLResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithSAMLResult>
    <AssumedRoleUser>
      <AssumedRoleId>AROADBQP57FF2AEXAMPLE:user</AssumedRoleId>
      <Arn>arn:aws:sts::123456789012:assumed-role/reader/user</Arn>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>ASIAV3ZUEFP6EXAMPLE</AccessKeyId>
      <SecretAccessKey>8P+SQvWIuLnKhh8d++jpw0nNmQRBZvNEXAMPLEKEY</SecretAccessKey>
      <SessionToken>a-session-token-of-aws-0123456789</SessionToken>
      <Expiration>2026-01-01T01:00:00Z</Expiration>
    </Credentials>
    <Subject>user</Subject>
    <SubjectType>persistent</SubjectType>
    <Issuer>urn:acme.example.com</Issuer>
    <NameQualifier>qualifier</NameQualifier>
  </AssumeRoleWithSAMLResult>
</AssumeRoleWithSAMLResponse>
`;

export async function startUpstreams(): Promise<Upstreams> {
  const server = createServer(async (request, response) => {
    upstreams.calls.push(request.url ?? '');
    await answer(request, response, upstreams);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const upstreams: Upstreams = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    forms: [],
    jwks: IDP_JWKS,
    sessions: new Map(),
    beforeExchange: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return upstreams;
}

async function answer(request: IncomingMessage, response: ServerResponse, upstreams: Upstreams): Promise<void> {
  const json = (body: unknown, status = 200) => {
    keepSent(body);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (request.url === '/jwks.json') return json(upstreams.jwks);
  const form = new URLSearchParams(await text(request));
  if (request.url === '/oauth/token') {
    upstreams.forms.push(form);
    await upstreams.beforeExchange();
    return json(...exchange(form, upstreams.sessions));
  }
  if (request.url === '/sap/token') {
    upstreams.forms.push(form);
    return json({ access_token: 'an-access-token-of-sap-0123456789', token_type: 'Bearer', expires_in: '3600' });
  }
  if (request.url === '/sts') {
    upstreams.forms.push(form);
    response.writeHead(200, { 'content-type': 'text/xml' }).end(ASSUMED_ROLE);
    return;
  }
  if (request.url === '/entities') {
    const entity = `<!DOCTYPE r [<!ENTITY a SYSTEM "${upstreams.url}/trap"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>`;
    response.writeHead(200, { 'content-type': 'text/xml' }).end(`${entity}${ASSUMED_ROLE.replace('user', '&c;')}`);
    return;
  }
  if (request.url === '/redirect') {
    response.writeHead(307, { location: `${upstreams.url}/sap/token` }).end();
    return;
  }
  if (request.url === '/hostile')
    return json({ error: 'evil\r\nX-Injected: 1', error_description: UPSTREAM_CANARY }, 400);
  if (request.url === '/huge') return json({ access_token: 'x'.repeat(200_000), token_type: 'Bearer' });
  json({ error: 'not_found' }, 404);
}

/** RFC 6749 §6. */
function exchange(form: URLSearchParams, sessions: Map<string, Session>): [body: unknown, status: number] {
  const refreshToken = form.get('refresh_token') ?? '';
  const session = sessions.get(refreshToken);
  if (session?.clientId !== form.get('client_id')) return [{ error: 'invalid_grant' }, 400];
  if (session?.secret !== (form.get('client_secret') ?? undefined)) return [{ error: 'invalid_client' }, 401];
  if (session.rotated === undefined) return [{ id_token: session.idToken() }, 200];
  sessions.delete(refreshToken);
  sessions.set(session.rotated, session);
  return [{ id_token: session.idToken(), refresh_token: session.rotated }, 200];
}
