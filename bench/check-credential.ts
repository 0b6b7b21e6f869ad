import { createHmac, createPublicKey, verify } from 'node:crypto';
import type { Fixtures, Settings, User } from './fixtures.js';
import type { HttpRequest } from './load.js';
import type { BuildRequest } from './requests.js';
import type { ServerProcess } from './server-process.js';

/** Whose key a credential must be signed with: the secret of the target, or the RSA key of the tenant or of Firebase. */
export type Signatory = 'target' | 'tenant' | 'firebase';

interface Credential {
  readonly signedBy: Signatory;
  readonly request: BuildRequest;
}

const JWT = /ey[\w-]+\.ey[\w-]+\.[\w-]+/;

/**
 * Checks that a server does real work before it is measured: its credential has the right signature, and a token with a
 * changed signature gets none.
 *
 * @throws Error when it does not
 */
export async function checkCredential(
  { signedBy, request }: Credential,
  server: ServerProcess,
  { users: [user], settings }: Fixtures,
): Promise<void> {
  if (!user) throw new Error('There are no users');
  const [issued] = JWT.exec(await send(server, request(user))) ?? [];
  if (issued === undefined || !hasSignature(issued, signedBy, settings)) {
    throw new Error(`No credential that is signed with the key of the ${signedBy}`);
  }
  if (JWT.test(await send(server, request(changeSignatures(user))))) {
    throw new Error('A token with a changed signature got a credential');
  }
}

async function send({ origin }: ServerProcess, { path, method, headers, body }: HttpRequest): Promise<string> {
  const response = await fetch(origin + path, { method, headers, body });
  return response.text();
}

function changeSignatures({ ip, tokens }: User): User {
  const change = (token: string) =>
    token.replace(/\.(.)([^.]*)$/, (_, first, rest) => `.${first === 'A' ? 'B' : 'A'}${rest}`);
  return {
    ip,
    tokens: {
      HS256: change(tokens.HS256),
      RS256: change(tokens.RS256),
      ES256: change(tokens.ES256),
      forged: tokens.forged,
      ownClient: change(tokens.ownClient),
    },
  };
}

function hasSignature(token: string, signedBy: Signatory, { targetSecret, tenantKey, firebase }: Settings): boolean {
  const end = token.lastIndexOf('.');
  const [signed, signature] = [Buffer.from(token.slice(0, end)), Buffer.from(token.slice(end + 1), 'base64url')];
  if (signedBy === 'target') return createHmac('sha256', targetSecret).update(signed).digest().equals(signature);
  const pem = signedBy === 'tenant' ? tenantKey : firebase.privateKey;
  return verify('sha256', signed, createPublicKey(pem), signature);
}
