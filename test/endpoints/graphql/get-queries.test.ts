import { beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, testGateway } from '../../support/gateway.js';
import { keepSent } from '../../support/secrets.js';

const VIEWER = 'query Viewer($skip: Boolean = false) { viewer { userId issuer @skip(if: $skip) } }';
const MUTATION = 'mutation Delegate { delegate(input: {}) { credential { token } } }';

let gateway: TestGateway;
let token: string;
beforeAll(async () => {
  gateway = await testGateway();
  token = await gateway.idToken();
});

async function get(parameters: Record<string, string> | string, headers?: Record<string, string>, by = gateway) {
  keepSent({ headers });
  const url = `http://gateway.test/graphql?${new URLSearchParams(parameters)}`;
  const request = new Request(url, { headers: headers ?? { authorization: `Bearer ${token}` } });
  const response = await by.fetch(request, { remoteAddress: '192.0.2.1' });
  const { data, errors } = await response.json();
  return { status: response.status, headers: response.headers, data, errors };
}

describe('a query by GET', () => {
  it('is answered as by POST, and no cache keeps it', async () => {
    const { status, headers, data } = await get({ query: VIEWER, variables: '{"skip":true}', operationName: 'Viewer' });
    expect([status, data]).toEqual([200, { viewer: { userId: 'auth0|alice' } }]);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-ratelimit-remaining')).toBeNull();
  });

  it.each<[string, Record<string, string> | string, number, string]>([
    ['a mutation', { query: MUTATION }, 405, 'The method must be POST'],
    [
      'the mutation of several operations',
      { query: `${VIEWER} ${MUTATION}`, operationName: 'Delegate' },
      405,
      'The method must be POST',
    ],
    ['no query', { variables: '{}' }, 405, 'The method must be POST'],
    ['two queries', `query=${VIEWER}&query=${VIEWER}`, 400, 'query is given twice'],
    ['variables that are not JSON', { query: VIEWER, variables: '{skip:true}' }, 400, 'variables is not JSON'],
    [
      'too many variables',
      { query: VIEWER, variables: `{"skip":[${'0,'.repeat(1_001)}0]}` },
      400,
      'The variables hold more than 1000 values',
    ],
    ['a long URL', { query: '#'.repeat(100 * 1024) }, 413, 'The URL is longer than 102400 characters'],
  ])('is refused: %s', async (_name, parameters, status, message) => {
    const answer = await get(parameters);
    expect(answer.errors).toEqual([expect.objectContaining({ message, extensions: { code: 'INVALID_REQUEST' } })]);
    expect([answer.status, answer.data]).toEqual([status, undefined]);
    expect(answer.headers.get('allow')).toBe(status === 405 ? 'POST' : null);
  });

  it('a mutation gets 405 without an Authorization header too', async () => {
    const { status, headers } = await get({ query: MUTATION }, {});
    expect([status, headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('is refused without an Authorization header, whatever the URL holds', async () => {
    for (const [name, value] of [
      ['access_token', token],
      ['id_token', token],
      ['variables', JSON.stringify({ idToken: token })],
      ['authorization', `Bearer ${token}`],
    ] as const) {
      const { status, headers, errors, data } = await get({ query: VIEWER, [name]: value }, {});
      expect([status, data, errors]).toEqual([
        401,
        undefined,
        [
          {
            message: 'A query by GET must have an Authorization: Bearer header',
            extensions: { code: 'INVALID_TOKEN' },
          },
        ],
      ]);
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('counts as an attempt, except where it has no Authorization header', async () => {
    const strict = await testGateway((config) => {
      config.rate_limit = { attempts_per_minute: 2 };
    });
    const own = { authorization: `Bearer ${await strict.idToken()}` };
    for (let request = 0; request < 5; request++) expect((await get({ query: VIEWER }, {}, strict)).status).toBe(401);
    for (const status of [200, 200, 429]) expect((await get({ query: VIEWER }, own, strict)).status).toBe(status);
  });

  it('a page of another origin may send it after a preflight request', async () => {
    const preflight = new Request('http://gateway.test/graphql', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example.com',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    });
    const { headers } = await gateway.fetch(preflight, { remoteAddress: '192.0.2.1' });
    expect(headers.get('access-control-allow-methods')).toContain('GET');
    expect(headers.get('access-control-allow-headers')).toBe('authorization');
  });
});

describe('a request with only the hash of a query', () => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
  const refused = [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }];

  it.each([
    ['application/json', 200],
    ['application/graphql-response+json', 400],
  ])('is told to send the query, by POST and by GET: %s', async (accept, status) => {
    const response = await gateway.fetch(
      new Request('http://gateway.test/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify({ operationName: 'Viewer', extensions }),
      }),
      { remoteAddress: '192.0.2.1' },
    );
    expect([response.status, (await response.json()).errors]).toEqual([status, refused]);
    const byGet = await get({ extensions: JSON.stringify(extensions) }, { accept });
    expect([byGet.status, byGet.errors]).toEqual([status, refused]);
  });

  it('is executed when it has the query too', async () => {
    const { data } = await get({ query: VIEWER, extensions: JSON.stringify(extensions) });
    expect(data.viewer.userId).toBe('auth0|alice');
  });
});
