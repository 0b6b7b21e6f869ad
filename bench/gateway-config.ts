import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AUDIENCES, BURST, type Fixtures, type OwnClient } from './fixtures.js';

export interface GatewayVariant {
  /** The size of both buckets of a user. */
  readonly burst?: number;
  /** Callers beside the usual ones. */
  readonly clients?: readonly OwnClient[];
  readonly graphiql?: boolean;
  readonly metrics?: boolean;
  /** Where the limits are kept; default: memory. */
  readonly store?: { readonly env: string };
}

/**
 * Writes the configuration of a gateway, and returns its path. Every limit is on: the buckets of users are large, and their
 * requests come from as many addresses as there are users, so that the attempts of an address are those of one user.
 */
export function writeGatewayConfig(
  { folder, settings }: Fixtures,
  name: string,
  { burst = BURST, clients = [], graphiql = false, metrics = false, store }: GatewayVariant = {},
): string {
  const { issuer, jwksUri, tenantIssuer, tenantKey, callerSecret, targetSecret, firebase } = settings;
  const hs256 = (clientId: string, secret: string) => ({
    client_id: clientId,
    client_secret: secret,
    jwt_configuration: { alg: 'HS256' },
  });
  const document = {
    trust_proxy: ['127.0.0.1'],
    graphiql,
    metrics,
    rate_limit: { ...(store && { store }), burst, refill_per_minute: 1, per_user: { burst, refill_per_minute: 1 } },
    tenants: [
      {
        name: 'acme',
        issuer: tenantIssuer,
        signing_key: tenantKey,
        delegation: { enabled: true },
        issuers: [{ issuer, algorithms: ['HS256', 'RS256', 'ES256'], jwks_uri: jwksUri }],
        clients: [
          { client_id: AUDIENCES.RS256 },
          hs256(AUDIENCES.HS256, callerSecret),
          ...clients.map(({ clientId, secret }) => hs256(clientId, secret)),
          { ...hs256('api', targetSecret), allowed_clients: ['*'] },
          { client_id: 'mobile', allowed_clients: ['*'] },
          {
            client_id: 'chat',
            allowed_clients: ['*'],
            addons: { firebase: { client_email: firebase.clientEmail, private_key: firebase.privateKey } },
          },
        ],
      },
    ],
  };
  const path = join(folder, `${name}.yaml`);
  // JSON is YAML too.
  writeFileSync(path, JSON.stringify(document), { mode: 0o600 });
  return path;
}

const GATEWAY = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** The arguments of `node` that serve the built gateway with a configuration, on any free port. */
export function serveGateway(config: string): readonly string[] {
  return [GATEWAY, 'serve', '--config', config, '--port', '0', '--json'];
}
