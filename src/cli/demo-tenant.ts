import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Addresses } from './listen.js';

const ISSUER = 'https://login.demo.example/';
const CLIENT_ID = 'web';
const CHAT = 'chat';
const API = 'api';

/** Creates a tenant with throw-away keys. Its client `web` has a user's token and may delegate to `chat` and `api`. */
export async function createDemoTenant() {
  const [identityProvider, tenant, firebase] = [generateRsaKeyPair(), generateRsaKeyPair(), generateRsaKeyPair()];
  const apiSecret = randomBytes(32).toString('base64url');
  const idToken = await signIdToken(identityProvider.privateKey);
  const targets = [
    { clientId: CHAT, apiTypes: ['FIREBASE', 'APP'] },
    { clientId: API, apiTypes: ['APP'] },
    { clientId: CLIENT_ID, apiTypes: ['APP'] },
  ];
  const config = {
    graphiql: true,
    tenants: [
      {
        name: 'demo',
        issuer: 'https://gateway.demo.example/',
        signing_key: exportPrivateKey(tenant.privateKey),
        delegation: { enabled: true },
        issuers: [
          {
            issuer: ISSUER,
            jwks: { keys: [{ ...identityProvider.publicKey.export({ format: 'jwk' }), kid: 'demo', use: 'sig' }] },
          },
        ],
        clients: [
          { client_id: CLIENT_ID, name: 'Web app' },
          {
            client_id: CHAT,
            name: 'Chat (Firebase)',
            allowed_clients: [CLIENT_ID],
            addons: {
              firebase: {
                client_email: 'minter@demo-project.iam.gserviceaccount.com',
                private_key: exportPrivateKey(firebase.privateKey),
                private_key_id: 'demo-firebase-key',
                claims: { role: 'app_metadata.role' },
              },
            },
          },
          {
            client_id: API,
            name: 'An API with a secret of its own',
            allowed_clients: [CLIENT_ID],
            client_secret: apiSecret,
            jwt_configuration: { alg: 'HS256', lifetime_in_seconds: 3600 },
          },
        ],
      },
    ],
  };
  return {
    config,
    clientId: CLIENT_ID,
    idToken,
    targets,
    publicKeys: { firebase: exportPublicKey(firebase.publicKey), tenant: exportPublicKey(tenant.publicKey) },
    graphiqlExample: {
      queries: QUERIES,
      headers: JSON.stringify({ Authorization: `Bearer ${idToken}` }, null, 2),
    },
    page: (urls: Addresses) => formatPage(urls, idToken),
  };
}

/** The documents of GraphiQL: one operation each. */
const QUERIES = [
  `# Alice is signed in to the web app: see Headers, below.
# The play button exchanges her token for one of Firebase.
mutation Firebase {
  delegate(input: { target: "${CHAT}", apiType: FIREBASE }) {
    credential {
      token
      expiresAt
      ... on FirebaseCustomToken {
        uid
      }
    }
    rateLimit {
      limit
      remaining
      resetAt
    }
  }
}
`,
  `# A JWT for the API, signed with the API's secret.
mutation App {
  delegate(input: { target: "${API}", scope: ["openid profile email"] }) {
    credential {
      token
      tokenType
      expiresIn
    }
    rateLimit {
      remaining
    }
  }
}
`,
  `# Who she is, and what she may do. It spends nothing.
query Viewer {
  viewer {
    userId
    client {
      name
    }
    targets {
      clientId
      apiTypes
    }
    rateLimit {
      remaining
      retryAfter
    }
  }
}
`,
];

function formatPage({ graphql, legacy, jwks }: Addresses, idToken: string): string {
  const query = `mutation { delegate(input: { target: \\"${CHAT}\\", apiType: FIREBASE }) { credential { token expiresAt } rateLimit { remaining resetAt } } }`;
  return `
Delegation Gateway, with throw-away keys and an example user.

  GraphiQL   ${graphql}
             Open it in a browser and press the play button: examples and the user's token are filled in.

  curl       Paste this into a terminal:

curl -s ${graphql} \\
  -H 'Content-Type: application/json' \\
  -H 'Authorization: Bearer ${idToken}' \\
  -d '{"query":"${query}"}'

             The endpoint for existing clients of Auth0's POST /delegation:

curl -s ${legacy} \\
  -d client_id=${CLIENT_ID} -d target=${CHAT} -d api_type=firebase \\
  -d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer \\
  -d id_token=${idToken}

  What to look at
             credential.token   a Firebase custom token, for signInWithCustomToken
             rateLimit          10 requests, and one more each minute; the 11th request returns an error
             ${jwks}
                                the public keys that verify app tokens
             this terminal      an audit event for each delegation, as a line of JSON

  Press Ctrl-C to stop.

`;
}

function signIdToken(privateKey: KeyObject): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1000);
  return new SignJWT({
    iss: ISSUER,
    sub: 'auth0|alice',
    aud: CLIENT_ID,
    iat: nowSeconds,
    exp: nowSeconds + 86_400,
    jti: randomUUID(),
    name: 'Alice Example',
    nickname: 'alice',
    email: 'alice@example.com',
    email_verified: true,
    app_metadata: { role: 'moderator' },
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'demo' })
    .sign(privateKey);
}

function generateRsaKeyPair() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function exportPrivateKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function exportPublicKey(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}
