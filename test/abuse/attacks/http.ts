import { expect } from 'vitest';
import { GRANT_TYPE } from '../../support/legacy.js';
import type { Ask, AttackRequest, Theme } from '../attack.js';
import type { Scene } from '../scene.js';
import type { Setting } from '../server.js';
import type { HttpRequest } from '../wire.js';

const LISTED = 'https://app.example.com';
const CLIENT_IP = '203.0.113.9';
const ONLY_GRAPHQL = 'a form is what it takes; the token is in its body, so no page can send one that it does not have';
const ONLY_JSON = 'it takes no JSON';
const ONLY_SCRIPTS = 'only GET /delegation answers with a script';

const ORIGINS: Setting = {
  change: (config) => void Object.assign(config, { cors: { origins: [LISTED] } }),
};

/** Two requests for each user and address. */
const SMALL_BUCKET: Setting = {
  change: (config) =>
    void Object.assign(config, { rate_limit: { burst: 2, per_user: false, attempts_per_minute: 10_000 } }),
};

/** The same behind a proxy on 127.0.0.1. */
const BEHIND_PROXY: Setting = {
  change(config) {
    Object.assign(config, {
      trust_proxy: ['127.0.0.1'],
      rate_limit: { burst: 2, per_user: false, attempts_per_minute: 10_000 },
    });
  },
};

const JSONP: Setting = {
  change: ({ tenants }) => void Object.assign(tenants[0]!, { legacy: { jsonp: true } }),
};

const honest = ({ token }: Scene): Ask => ({ idToken: token() });

/** Honest requests with other headers; an empty value removes one. */
const withHeaders =
  (...changes: readonly Readonly<Record<string, string>>[]) =>
  (scene: Scene): Ask[] =>
    changes.map((headers) => ({ ...honest(scene), onWire: (request) => addHeaders(request, headers) }));

function addHeaders(request: HttpRequest, headers: Readonly<Record<string, string>>): HttpRequest {
  const all = Object.entries({ ...request.headers, ...headers }).filter(([, value]) => value !== '');
  return { ...request, headers: Object.fromEntries(all) };
}

/** Honest requests with another body. */
const withBodies =
  (...change: readonly ((body: string) => string | Uint8Array)[]) =>
  (scene: Scene): Ask[] =>
    change.map((each) => ({
      ...honest(scene),
      onWire: (request) => ({ ...request, body: each(request.body.toString()) }),
    }));

/** Empties the bucket of the user by honest requests with these headers. */
async function empty(scene: Scene, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const [ask] = withHeaders(headers)(scene);
  for (let count = 0; count < 2; count++) await scene.obtain(ask!);
}

const SPOOFED = ['198.51.100.1', '127.0.0.2', '::1', '2001:db8::1', '10.0.0.1, 198.51.100.7', 'unknown'];
const SPOOFED_HEADERS = SPOOFED.flatMap((address): Readonly<Record<string, string>>[] => [
  { 'X-Forwarded-For': address },
  { Forwarded: `for="${address}"` },
  { 'X-Real-IP': address, 'X-Client-IP': address, 'CF-Connecting-IP': address, 'True-Client-IP': address },
]);

/** A request for a script with this query beside the honest one. */
const script =
  (...query: readonly [name: string, value: string][]) =>
  (scene: Scene): AttackRequest =>
  async () => {
    const common = { grant_type: GRANT_TYPE, client_id: 'web', id_token: scene.token(), api_type: 'auth0' };
    const parameters = new URLSearchParams([...Object.entries(common), ...query]);
    const answer = await scene.server.send({
      method: 'GET',
      path: `/delegation?${parameters}`,
      headers: { Host: 'gateway.test' },
      body: '',
    });
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    return scene.endpoint.read(answer);
  };

const WRONG_TYPE = {
  unaudited: 'graphql',
  refused: 'INVALID_REQUEST',
  status: 415,
  message: 'The Content-Type must be application/json',
} as const;

export const HTTP: Theme = {
  title: 'A request that a page elsewhere or a proxy could make',
  setting: {},
  attacks: [
    {
      name: 'A page elsewhere posts GraphQL without a preflight request: as text, as a form, without a type',
      source: 'OWASP Cross-Site Request Forgery Prevention Cheat Sheet, Fetch § CORS-safelisted request-header',
      attack: withHeaders(
        ...['text/plain', 'text/plain; application/json', 'multipart/form-data; boundary=x', 'application/graphql']
          .concat(['application/x-www-form-urlencoded', 'application/jsonx', ''])
          .map((type) => ({ 'Content-Type': type })),
      ),
      control: honest,
      outcome: WRONG_TYPE,
      notAt: { 'delegation-form': ONLY_GRAPHQL, 'delegation-json': ONLY_GRAPHQL },
    },
    {
      name: 'A page elsewhere posts JSON without a preflight request: as text, without a type',
      source: 'OWASP Cross-Site Request Forgery Prevention Cheat Sheet, Fetch § CORS-safelisted request-header',
      attack: withHeaders(
        ...['text/plain', 'text/plain; application/json', 'multipart/form-data; boundary=x', ''].map((type) => ({
          'Content-Type': type,
        })),
      ),
      control: honest,
      outcome: WRONG_TYPE,
    },
    {
      name: 'A page whose origin is not listed sends a request',
      source: 'OWASP Cross-Site Request Forgery Prevention Cheat Sheet, RFC 6454 §7.3',
      setting: ORIGINS,
      attack: withHeaders(
        ...[
          'https://evil.example',
          'http://app.example.com',
          `${LISTED}:8443`,
          `${LISTED}.evil.example`,
          'null',
          `${LISTED}/`,
        ]
          .concat(['https://APP.example.com', 'https://xapp.example.com'])
          .map((Origin) => ({ Origin })),
      ),
      control: (scene) => withHeaders({ Origin: LISTED })(scene)[0]!,
      outcome: {
        unaudited: 'everywhere',
        refused: 'INVALID_REQUEST',
        status: 403,
        message: 'The Origin of the request is not one of cors.origins',
        check: ({ headers }) => expect(headers['access-control-allow-origin']).toBeUndefined(),
      },
    },
    {
      name: 'A link, a form or an image sends the request by GET or another method, with the token in the URL',
      source: 'RFC 9700 §4.3.2, OWASP WSTG-SESS-05',
      attack: (scene) =>
        ['GET', 'PUT', 'PATCH', 'DELETE', 'TRACE'].map((method) => ({
          ...honest(scene),
          onWire: (request) => ({
            ...request,
            method,
            path: `${request.path}?${new URLSearchParams({ id_token: scene.token(), query: 'mutation { __typename }' })}`,
            body: '',
          }),
        })),
      control: honest,
      outcome: {
        unaudited: 'everywhere',
        refused: 'INVALID_REQUEST',
        status: 405,
        message: /^The method must be (?:GET or )?POST$/,
      },
    },
    {
      name: 'A POST is said to be another method, another path or another host by headers of a framework',
      source: 'OWASP WSTG-CONF-06, RFC 7239 §8.1',
      attack: withHeaders(
        { 'X-HTTP-Method-Override': 'GET' },
        { 'X-Original-URL': '/livez', 'X-Rewrite-URL': '/livez' },
        { 'X-Forwarded-Host': 'globex.test', 'X-Host': 'globex.test', Forwarded: 'host=globex.test' },
        { 'X-Forwarded-Proto': 'http', 'X-Forwarded-Prefix': '/admin' },
      ),
      control: honest,
      outcome: { granted: 'none of them is read: the credential is the one of the request' },
    },
    {
      name: 'A user whose bucket is empty says to come from other addresses',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption, RFC 7239 §8.1',
      setting: SMALL_BUCKET,
      async attack(scene) {
        await empty(scene);
        return withHeaders(...SPOOFED_HEADERS)(scene);
      },
      control: ({ token, victim }) => ({ idToken: token({ sub: victim }) }),
      outcome: { refused: 'RATE_LIMITED', message: 'The user has no delegation left' },
    },
    {
      name: 'A user behind a trusted proxy writes addresses in front of the one that the proxy adds',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption, RFC 7239 §8.1',
      setting: BEHIND_PROXY,
      async attack(scene) {
        await empty(scene, { 'X-Forwarded-For': CLIENT_IP });
        return withHeaders(...SPOOFED.map((address) => ({ 'X-Forwarded-For': `${address}, ${CLIENT_IP}` })))(scene);
      },
      control: (scene) => withHeaders({ 'X-Forwarded-For': '203.0.113.10' })(scene)[0]!,
      outcome: { refused: 'RATE_LIMITED', message: 'The user has no delegation left' },
    },
    {
      name: 'A body is longer than 100 KiB',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption, RFC 9110 §15.5.14',
      attack: withBodies(
        (body) => `${body}${' '.repeat(102_400)}`,
        (body) => body.padEnd(1 << 20, ' '),
      ),
      control: honest,
      outcome: {
        unaudited: 'graphql',
        refused: 'INVALID_REQUEST',
        status: 413,
        message: 'The body is longer than 102400 bytes',
      },
    },
    {
      name: 'A body is not UTF-8',
      source: 'RFC 8259 §8.1, RFC 3629 §10',
      attack: withBodies(
        (body) => Buffer.concat([Buffer.from(body), Buffer.of(0xff)]),
        (body) => Buffer.concat([Buffer.of(0xc0, 0xae), Buffer.from(body)]),
        (body) => Buffer.concat([Buffer.from(body), Buffer.of(0xed, 0xa0, 0x80)]),
        (body) => Buffer.concat([Buffer.from(body), Buffer.of(0xe2, 0x82)]),
      ),
      control: honest,
      outcome: {
        unaudited: 'graphql',
        refused: 'INVALID_REQUEST',
        status: 400,
        message: 'The body could not be read as UTF-8',
      },
    },
    {
      name: 'A JSON body holds many values, or nests deep',
      source: 'RFC 8259 §9, OWASP API4:2023 Unrestricted Resource Consumption',
      attack: withBodies(
        (body) => body.replace('{', `{"x":[${'0,'.repeat(3_001)}0],`),
        (body) => body.replace('{', `{"x":${'['.repeat(40_000)}${']'.repeat(40_000)},`),
        (body) => body.replace('{', `{"x":${'{"a":'.repeat(10_000)}0${'}'.repeat(10_000)},`),
      ),
      control: honest,
      outcome: {
        unaudited: 'graphql',
        refused: 'INVALID_REQUEST',
        status: 400,
        message: 'The body holds more than 3000 values',
      },
      notAt: { 'delegation-form': ONLY_JSON },
    },
    {
      name: 'A body is JSON of another form: a list of requests, a string, no JSON',
      source: 'OWASP GraphQL Cheat Sheet: Batching Attacks',
      attack: withBodies(
        (body) => `[${body},${body}]`,
        (body) => JSON.stringify(body),
        (body) => `${body}${body}`,
        (body) => `\ufeff\ufeff${body}`,
        () => 'null',
        () => '',
      ),
      control: honest,
      outcome: {
        unaudited: 'graphql',
        refused: 'INVALID_REQUEST',
        status: 400,
        message: /The body (must be a JSON object|is not JSON)/,
      },
      notAt: { 'delegation-form': ONLY_JSON },
    },
    {
      name: 'The callback of a script is code, a path, a tag, two names or none',
      source: 'OWASP AJAX Security Cheat Sheet, CVE-2014-4671',
      setting: JSONP,
      attack: (scene) => [
        ...['alert(1)//', 'a.b', 'a;b', '</script><script>', 'a\u2028b', 'a'.repeat(65), '', 'CWSMIKI0hCD0Up0.'].map(
          (name) => script(['cbx', name])(scene),
        ),
        script(['cbx', 'a'], ['cbx', 'b'])(scene),
        script()(scene),
      ],
      control: honest,
      outcome: {
        unaudited: 'everywhere',
        refused: 'INVALID_REQUEST',
        message: 'cbx must be given once and name a callback',
      },
      notAt: { 'graphql-argument': ONLY_SCRIPTS, 'graphql-header': ONLY_SCRIPTS, 'delegation-json': ONLY_SCRIPTS },
    },
  ],
};
