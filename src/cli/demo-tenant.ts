import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Addresses } from './listen.js';

const ISSUER = 'https://login.demo.example/';
const CLIENT_ID = 'web';
const CHAT = 'chat';
const API = 'api';

/** A tenant with throw-away keys: `web` holds the token of a made-up user, and may delegate to `chat` and `api`. */
export async function demoTenant() {
  const [identityProvider, tenant, firebase] = [rsaPair(), rsaPair(), rsaPair()];
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
        signing_key: pem(tenant.privateKey),
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
                private_key: pem(firebase.privateKey),
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
    publicKeys: { firebase: publicPem(firebase.publicKey), tenant: publicPem(tenant.publicKey) },
    graphiqlExample: {
      query: MUTATION,
      headers: JSON.stringify({ Authorization: `Bearer ${idToken}` }, null, 2),
    },
    page: (urls: Addresses) => page(urls, idToken),
  };
}

const MUTATION = `# Alice is signed in to the web app: see Headers, below.
# Ctrl-Enter trades her token for one of Firebase.
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

# A JWT for the API, signed with the API's secret.
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

# Who she is, and what she may do. It spends nothing.
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
`;

function page({ graphql, legacy, jwks }: Addresses, idToken: string): string {
  const query = `mutation { delegate(input: { target: \\"${CHAT}\\", apiType: FIREBASE }) { credential { token expiresAt } rateLimit { remaining resetAt } } }`;
  return `
Delegation Gateway, with throw-away keys and a made-up user.

  GraphiQL   ${graphql}
             Open it in a browser and press the play button: the mutation and the user's token are there.

  curl       Paste this:

curl -s ${graphql} \\
  -H 'Content-Type: application/json' \\
  -H 'Authorization: Bearer ${idToken}' \\
  -d '{"query":"${query}"}'

  What to look at
             credential.token   a Firebase custom token: what signInWithCustomToken takes
             rateLimit          10 requests, one more each minute; run it 11 times and read the error
             ${jwks}
                                the key that app tokens are signed with
             ${legacy}
                                what clients of Auth0's POST /delegation post to

  Ctrl-C ends it.

`;
}

function signIdToken(privateKey: KeyObject): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    iss: ISSUER,
    sub: 'auth0|alice',
    aud: CLIENT_ID,
    iat: now,
    exp: now + 86_400,
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

function rsaPair() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function publicPem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}
