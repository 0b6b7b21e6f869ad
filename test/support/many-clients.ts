import { createHash } from 'node:crypto';

export interface ManyClients {
  readonly tenants: number;
  /** Of each tenant. */
  readonly clients: number;
}

/** 10,000 applications in one gateway. */
export const MANY: ManyClients = { tenants: 100, clients: 100 };

/** The host of a tenant. */
export const tenantHost = (tenant: number) => `tenant-${tenant}.example.com`;
/** The `client_id` of a client, of the length that Auth0 gives them. Two tenants have no two alike. */
export const clientId = (tenant: number, client: number) => digest(`id ${tenant} ${client}`).slice(0, 32);
/** Its secret, of the length that Auth0 gives them. */
export const clientSecret = (tenant: number, client: number) => digest(`secret ${tenant} ${client}`);

function digest(text: string): string {
  return createHash('sha384').update(text).digest('base64url');
}

/**
 * Writes a gateway.yaml in block style, with the fields that the gateway uses. Each client has a secret, signs with HS256 and may be called by the one before it
 * and by the first; a quarter of them has an add-on. The keys are `tenant.pem` and `firebase.pem`, the certificate is `tenant.crt`.
 */
export function writeManyClients({ tenants, clients }: ManyClients = MANY): string {
  return `tenants:\n${range(tenants)
    .map((tenant) => writeTenant(tenant, clients))
    .join('')}`;
}

function writeTenant(tenant: number, clients: number): string {
  const login = `https://login.${tenantHost(tenant)}/`;
  return `  - name: tenant-${tenant}
    hosts: [${tenantHost(tenant)}]
    issuer: https://${tenantHost(tenant)}/
    signing_key: { file: tenant.pem }
    certificate: { file: tenant.crt }
    delegation: { enabled: true }
    issuers:
      - issuer: ${login}
        algorithms: [RS256, HS256]
        jwks_uri: ${login}.well-known/jwks.json
        token_endpoint: ${login}oauth/token
    clients:
${range(clients)
  .map((client) => writeClient(tenant, client, clients))
  .join('')}`;
}

function writeClient(tenant: number, client: number, clients: number): string {
  const before = clientId(tenant, (client + clients - 1) % clients);
  return `      - client_id: ${clientId(tenant, client)}
        name: Application ${client} of tenant ${tenant}
        client_secret: ${clientSecret(tenant, client)}
        jwt_configuration: { alg: HS256, lifetime_in_seconds: 36000 }
        allowed_clients: [${before}, ${clientId(tenant, 0)}]
${ADDONS[client % 20] ?? ''}`;
}

/** By the position of a client in each twenty. */
const ADDONS: Readonly<Record<number, string>> = {
  1: writeFirebase('a'),
  6: writeFirebase('b'),
  11: `        addons:
          aws:
            role: arn:aws:iam::123456789012:role/reader
            principal: arn:aws:iam::123456789012:saml-provider/acme
            region: eu-central-1
`,
  13: `        addons:
          azure_sb: { namespace: acme, sasKeyName: send, sasKey: ${Buffer.alloc(32, 7).toString('base64')}, entityPath: orders, expiration: 5 }
`,
  17: `        addons:
          salesforce_api: { clientid: a-connected-app, principal: email }
`,
};

function writeFirebase(project: string): string {
  return `        addons:
          firebase:
            client_email: minter@project-${project}.iam.gserviceaccount.com
            private_key: { file: firebase.pem }
            claims: { role: app_metadata.role }
`;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
