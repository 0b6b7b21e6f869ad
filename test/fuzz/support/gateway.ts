import { pino } from 'pino';
import { parseConfig } from '../../../src/config/load.js';
import { ERROR_CODES } from '../../../src/errors.js';
import { createGateway } from '../../../src/gateway.js';
import { IDP_JWKS } from '../../support/caller.js';
import { testClock } from '../../support/clock.js';
import { APP_SECRET, ISSUER, TENANT_ISSUER } from '../../support/gateway.js';
import { ecPair, ed25519Pair, publicJwk, rsaPair } from '../../support/keys.js';
import { keepConfigured } from '../../support/secrets.js';
import { selfSigned } from '../../support/upstream.js';
import type { Choices } from './choices.js';
import { expectNoLeaks } from './leaks.js';
import { type UpstreamAnswer, upstreamAnswer } from './upstream.js';

/** Targets whose credentials are signed with HMAC. RSA takes fifty times as long. */
const CHEAP_TARGETS = ['bus', 'api', 'chat', 'files', 'zumo', 'private'] as const;
export const TARGETS = [...CHEAP_TARGETS, ...CHEAP_TARGETS, 'web', 'sap', 'org', 'cloud', 'both'] as const;

export function chooseTarget(choices: Choices): string {
  return choices.chance(6) ? choices.pick(TARGETS) : choices.pick(CHEAP_TARGETS);
}

const TENANT = selfSigned('acme');

const BACKEND_SECRET = 'the secret of backend, with + & % : and ä, 0123456789';
const BACKEND_JWKS = {
  keys: [publicJwk(ecPair('backend'), { kid: 'ec' }), publicJwk(ed25519Pair('backend'), { kid: 'ed' })],
};

const CALLERS = ['web', 'api', 'backend'];

/** A gateway.yaml with every add-on; those that sign with HMAC come first, because RSA takes a hundred times as long. */
export function fuzzConfig() {
  const hs256 = { alg: 'HS256', lifetime_in_seconds: 3600 };
  const target = (client_id: string, addons: object, more: object = {}) => ({
    client_id,
    name: client_id,
    allowed_clients: CALLERS,
    client_secret: APP_SECRET,
    jwt_configuration: hs256,
    addons,
    ...more,
  });
  const tenant = {
    issuer: TENANT_ISSUER,
    signing_key: TENANT.key,
    certificate: TENANT.cert,
    delegation: { enabled: true },
    denied_subjects: ['auth0|mallory'],
    issuers: [
      {
        issuer: ISSUER,
        algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'],
        jwks: IDP_JWKS,
        token_endpoint: `${ISSUER}oauth/token`,
      },
    ],
    clients: [
      { client_id: 'web', name: 'Web app', refresh_token_delegation: true, trusted_azp: ['native'] },
      target('api', {}, { hs256_delegation: true, claims: { role: 'app_metadata.role' } }),
      target('chat', {
        firebase: { secret: 'the-fuzzed-firebase-secret-0123456789', claims: { role: 'app_metadata.role' } },
      }),
      target('files', {
        azure_blob: {
          accountName: 'acmefiles',
          storageAccessKey: `${'Zq3xYw7+Kd'.repeat(9).slice(0, 86)}==`,
          containerName: 'reports',
          container_read: true,
        },
      }),
      target('bus', {
        azure_sb: { namespace: 'acme', sasKeyName: 'send', sasKey: 'the-fuzzed-service-bus-key-0123456789' },
      }),
      target('zumo', { wams: { masterkey: 'the-fuzzed-master-key-0123456789', uid: 'email' } }),
      target('sap', {
        sap_api: {
          clientid: 'SAPCLIENT',
          servicePassword: 'the-fuzzed-sap-password-0123456789',
          tokenEndpointUrl: 'https://sap.example.com/token',
          scope: 'READ WRITE',
        },
      }),
      target('org', { salesforce_api: { clientid: '3MVG9', principal: 'email', communityName: 'acme' } }),
      target('cloud', {
        aws: {
          role: 'arn:aws:iam::123456789012:role/web',
          principal: 'arn:aws:iam::123456789012:saml-provider/auth0',
          claims: { team: 'app_metadata.team' },
        },
      }),
      target('both', {
        layer: { providerId: 'layer:///providers/1', keyId: 'layer:///keys/1', privateKey: rsaPair('layer').pem },
        azure_sb: { namespace: 'acme', sasKeyName: 'both', sasKey: 'another-fuzzed-service-bus-key-0123456789' },
      }),
      { client_id: 'private', name: 'Private' },
      target('backend', {}, { client_secret: BACKEND_SECRET, jwks: BACKEND_JWKS, hs256_delegation: true }),
    ],
  };
  return {
    trust_proxy: ['10.0.0.0/8'],
    rate_limit: { burst: 60, refill_per_minute: 6_000, per_user: false, attempts_per_minute: 10_000 },
    tenants: [
      { name: 'acme', ...tenant },
      {
        ...tenant,
        name: 'old',
        hosts: ['old.test'],
        issuer: 'https://old.example.com/',
        legacy: { jsonp: true },
      },
    ],
  };
}

/** A request as one case sends it, with the tokens in it that nothing may repeat. */
export interface FuzzRequest {
  readonly path: string;
  readonly method?: string;
  readonly host?: string;
  readonly headers: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly body?: string | Uint8Array | undefined;
  readonly tokens: readonly string[];
  readonly remoteAddress: string;
  /** What the services behind the gateway answer. */
  readonly upstream?: UpstreamAnswer;
}

export interface FuzzAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface FuzzGateway {
  /** Epoch seconds; the clock stands still. */
  readonly nowSeconds: number;
  /**
   * Sends a request. Checks what holds for each: no secret and no sent token in the answer, in a line of the log or in an
   * audit event, and nothing that the gateway did not expect.
   */
  send(request: FuzzRequest): Promise<FuzzAnswer>;
}

export async function fuzzGateway(): Promise<FuzzGateway> {
  const clock = testClock();
  const config = fuzzConfig();
  keepConfigured(config);
  let lines: string[] = [];
  let upstream: UpstreamAnswer | undefined;
  const log = pino({ base: undefined }, { write: (line: string) => void lines.push(line) });
  const gateway = await createGateway(parseConfig(config), {
    now: clock.now,
    log,
    openAuditLog: () => ({
      isLosing: false,
      write: (event) => void lines.push(JSON.stringify(event)),
      close: async () => {},
    }),
    fetch: async (url) => upstreamAnswer(`${url}`, upstream),
  });
  return {
    nowSeconds: clock.seconds(),
    async send({ path, method = 'POST', host = 'gateway.test', headers, body, tokens, remoteAddress, ...rest }) {
      lines = [];
      upstream = rest.upstream;
      const request = new Request(`http://${host}${path}`, {
        method,
        headers: headers as Record<string, string>,
        ...(body !== undefined && method !== 'GET' && method !== 'HEAD' && { body: body as BodyInit }),
      });
      const response = await gateway.fetch(request, { remoteAddress });
      const text = await response.text();
      const isRefusal = response.status >= 400 || /"errors?":/.test(text);
      expectNoLeaks(
        [
          { where: 'the headers', text: JSON.stringify([...response.headers]) },
          { where: 'the answer', text, hasCredentials: true },
          ...(isRefusal ? [{ where: 'the errors', text: withoutCredentials(text) }] : []),
          ...lines.map((line) => ({ where: 'a line of the log', text: line })),
        ],
        tokens,
      );
      for (const line of lines) checkLogLine(line);
      return { status: response.status, headers: response.headers, text };
    },
  };
}

/** The errors of an answer. A GraphQL answer with both has the credentials of the other fields. */
function withoutCredentials(text: string): string {
  if (!text.startsWith('{')) return text;
  const { data: _data, ...rest } = JSON.parse(text);
  return JSON.stringify(rest, withoutRotatedToken);
}

/** A rotated refresh token is the one secret that an error has to carry. */
function withoutRotatedToken(name: string, value: unknown): unknown {
  return /^refresh_?token$/i.test(name) ? undefined : value;
}

const AUDIT_EVENTS: ReadonlySet<unknown> = new Set(['sd', 'fd', 'limit_delegation']);
const ERROR_LEVEL = 50;

function checkLogLine(line: string): void {
  const { level, audit, code } = JSON.parse(line);
  if (level >= ERROR_LEVEL) throw new Error(`the log has an error: ${line}`);
  if (audit === undefined) return;
  if (!AUDIT_EVENTS.has(audit)) throw new Error(`an audit event of an unknown kind: ${line}`);
  if (code !== undefined && (code === 'INTERNAL' || !Object.hasOwn(ERROR_CODES, code))) {
    throw new Error(`an audit event with a code that must not be: ${line}`);
  }
}

/** Most cases come from an address of their own; the others share one, and reach its limits. */
export function chooseAddress(choices: Choices): string {
  if (choices.chance(1)) return '192.0.2.1';
  const part = () => choices.below(256);
  return choices.chance(20)
    ? `2001:db8:${part().toString(16)}:${part().toString(16)}${part().toString(16)}::1`
    : `100.${part()}.${part()}.${part()}`;
}
