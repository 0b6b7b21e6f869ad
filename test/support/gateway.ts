import type { AddonDefinition } from '../../src/addons/addon.js';
import { parseConfig } from '../../src/config/load.js';
import { type Connection, createGateway, type Gateway, type GatewayOptions } from '../../src/gateway.js';
import { type TestClock, testClock } from './clock.js';
import { identityProvider } from './identity-provider.js';
import { publicJwk, rsaPair } from './keys.js';
import { type RecordingLog, recordingLog } from './log.js';
import { keepConfigured, keepSent, watchAnswer } from './secrets.js';

export const ISSUER = 'https://login.example.com/';
export const TENANT_ISSUER = 'https://acme.example.com/';
export const FIREBASE_EMAIL = 'minter@demo-project.iam.gserviceaccount.com';
/** 64 characters, for HS256. */
export const APP_SECRET = 'an-app-secret-for-tests-that-is-long-enough-0123456789-abcdefghi';

/** The document of a gateway.yaml with one tenant: `web` may delegate to `api` (HS256) and to `chat` (Firebase). */
export function baseConfig() {
  return {
    tenants: [
      {
        name: 'acme',
        issuer: TENANT_ISSUER,
        signing_key: rsaPair('tenant').pem,
        delegation: { enabled: true },
        issuers: [{ issuer: ISSUER, jwks: { keys: [publicJwk(rsaPair('idp'), { kid: 'idp-1', alg: 'RS256' })] } }],
        clients: [
          { client_id: 'web', name: 'Web app' },
          {
            client_id: 'api',
            name: 'API',
            allowed_clients: ['web'],
            client_secret: APP_SECRET,
            jwt_configuration: { alg: 'HS256', lifetime_in_seconds: 3600 },
          },
          {
            client_id: 'chat',
            name: 'Chat',
            allowed_clients: ['web'],
            addons: {
              firebase: {
                client_email: FIREBASE_EMAIL,
                private_key: rsaPair('firebase').pem,
                private_key_id: 'firebase-key-1',
              },
            },
          },
          { client_id: 'private', name: 'Private' },
        ],
      },
    ],
  };
}

export type ConfigDocument = ReturnType<typeof baseConfig> & Record<string, unknown>;

export interface TestGateway extends Gateway {
  readonly clock: TestClock;
  readonly log: RecordingLog;
  /** An ID token for `web`, with other claims where given. */
  idToken(claims?: Record<string, unknown>): Promise<string>;
  graphql(query: string, options?: GraphqlRequest): Promise<GraphqlAnswer>;
  /** The mutation with the usual selection. */
  delegate(input: Record<string, unknown>, options?: GraphqlRequest): Promise<GraphqlAnswer>;
}

export interface GraphqlRequest {
  readonly variables?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
  readonly connection?: Connection;
  readonly token?: string;
}

export interface GraphqlAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is read as a client reads it
  readonly data: any;
  // biome-ignore lint/suspicious/noExplicitAny: likewise
  readonly errors: any[] | undefined;
  readonly text: string;
}

export const DELEGATE = /* GraphQL */ `
  mutation Delegate($input: DelegateInput!) {
    delegate(input: $input) {
      credential {
        __typename
        token
        tokenType
        apiType
        expiresAt
        expiresIn
        ... on AppToken {
          audience
        }
        ... on FirebaseCustomToken {
          uid
        }
      }
      rateLimit {
        limit
        remaining
        resetAt
        reset
        retryAfter
      }
      refreshToken
    }
  }
`;

/** A gateway with a clock, an identity provider's key and a log of its own. `change` edits the document of its configuration. */
export async function testGateway(
  change: (config: ConfigDocument) => void = () => {},
  options: {
    readonly deps?: GatewayOptions;
    readonly addons?: readonly AddonDefinition[];
    readonly clock?: TestClock;
  } = {},
): Promise<TestGateway> {
  const clock = options.clock ?? testClock();
  const log = recordingLog();
  const config = baseConfig() as ConfigDocument;
  change(config);
  keepConfigured(config);
  const addons = options.addons && { addons: options.addons };
  const gateway = watched(
    await createGateway(parseConfig(config, addons), {
      now: clock.now,
      log,
      openAuditLog: log.openAuditLog,
      ...options.deps,
    }),
  );
  const idp = identityProvider({ issuer: ISSUER, clock });
  const graphql: TestGateway['graphql'] = async (query, { variables, headers, connection, token } = {}) => {
    keepSent({ token, variables, headers });
    const request = new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    const response = await gateway.fetch(request, connection ?? { remoteAddress: '192.0.2.1' });
    const text = await response.text();
    const { data, errors } = JSON.parse(text || '{}');
    return { status: response.status, headers: response.headers, data, errors, text };
  };
  return {
    ...gateway,
    clock,
    log,
    idToken: (claims) => idp.idToken({ aud: 'web', ...claims }),
    graphql,
    delegate: (input, request) => graphql(DELEGATE, { ...request, variables: { input } }),
  };
}

/** The same gateway, whose answers are searched for secrets (no-secrets.ts). */
function watched(gateway: Gateway): Gateway {
  return {
    ...gateway,
    async fetch(request, connection) {
      const response = await gateway.fetch(request, connection);
      watchAnswer(response, await response.clone().text());
      return response;
    },
  };
}
