import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const ISSUER = 'https://login.example.com/';
export const BURST = 1_000;
/** The `aud` of the users' tokens, by the algorithm that they are signed with. */
export const AUDIENCES = { HS256: 'web-hs256', RS256: 'web', ES256: 'web' } as const;

/** How the token of a user is signed; `forged` has the RS256 signature of another token, `ownClient` a client of its own. */
export type TokenKind = keyof typeof AUDIENCES | 'forged' | 'ownClient';

export interface User {
  /** The address that its requests come from, as a trusted proxy reports it. */
  readonly ip: string;
  readonly tokens: Readonly<Record<TokenKind, string>>;
}

/** A caller with a secret of its own, for the gateway that has thousands of clients. */
export interface OwnClient {
  readonly clientId: string;
  readonly secret: string;
}

/** Keys and secrets of this run, in the form in which the servers in bench/servers read them. */
export interface Settings {
  readonly issuer: string;
  readonly audiences: typeof AUDIENCES;
  readonly jwksUri: string;
  readonly tenantIssuer: string;
  readonly callerSecret: string;
  readonly targetSecret: string;
  /** PKCS #8 in PEM form, RSA-2048. */
  readonly tenantKey: string;
  readonly firebase: { readonly clientEmail: string; readonly privateKey: string };
  readonly burst: number;
}

export interface Fixtures {
  /** A temporary folder for configurations and logs. */
  readonly folder: string;
  readonly settings: Settings;
  readonly settingsFile: string;
  readonly users: readonly User[];
  readonly ownClients: readonly OwnClient[];
  /** Stops the server of the public keys and removes the folder. */
  close(): void;
}

/** Makes the keys, serves the public ones as a JWKS, and signs the tokens of all users. */
export async function createFixtures(userCount: number): Promise<Fixtures> {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-bench-'));
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwks = await serveJson({
    keys: [
      { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'idp-rsa', alg: 'RS256', use: 'sig' },
      { ...ec.publicKey.export({ format: 'jwk' }), kid: 'idp-ec', alg: 'ES256', use: 'sig' },
    ],
  });
  const settings: Settings = {
    issuer: ISSUER,
    audiences: AUDIENCES,
    jwksUri: jwks.url,
    tenantIssuer: 'https://gateway.example.com/',
    callerSecret: createSecret('the application that calls'),
    targetSecret: createSecret('the application that is called'),
    tenantKey: createRsaPem(),
    firebase: { clientEmail: 'minter@demo-project.iam.gserviceaccount.com', privateKey: createRsaPem() },
    burst: BURST,
  };
  const settingsFile = join(folder, 'settings.json');
  writeFileSync(settingsFile, JSON.stringify(settings), { mode: 0o600 });
  const ownClients = Array.from({ length: userCount }, (_, index) => ({
    clientId: `app-${index}`,
    secret: createSecret(`application ${index}`),
  }));
  const keys = { rsa: rsa.privateKey, ec: ec.privateKey, callerSecret: settings.callerSecret };
  return {
    folder,
    settings,
    settingsFile,
    users: await createUsers(ownClients, keys),
    ownClients,
    close() {
      jwks.close();
      rmSync(folder, { recursive: true });
    },
  };
}

interface Keys {
  readonly rsa: KeyObject;
  readonly ec: KeyObject;
  readonly callerSecret: string;
}

async function createUsers(ownClients: readonly OwnClient[], keys: Keys): Promise<User[]> {
  const signed = await Promise.all(ownClients.map((own, index) => signTokens(own, index, keys)));
  return signed.map((tokens, index) => {
    const other = signed[(index + 1) % signed.length] as typeof tokens;
    return {
      ip: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
      tokens: { ...tokens, forged: exchangeSignature(tokens.RS256, other.RS256) },
    };
  });
}

const signOnPool = promisify(sign);

async function signTokens(own: OwnClient, index: number, { rsa, ec, callerSecret }: Keys) {
  const iat = Math.floor(Date.now() / 1000);
  const unsigned = (alg: string, aud: string, kid?: string) => {
    const claims = {
      iss: ISSUER,
      sub: `auth0|${index.toString(16).padStart(24, '5f7c8ec7c33c6c004bbafe82')}`,
      aud,
      iat,
      exp: iat + 36_000,
      name: `User ${index}`,
      email: `user-${index}@example.com`,
      email_verified: true,
    };
    return `${encodeJson({ alg, typ: 'JWT', ...(kid && { kid }) })}.${encodeJson(claims)}`;
  };
  const [rs256, es256] = [unsigned('RS256', AUDIENCES.RS256, 'idp-rsa'), unsigned('ES256', AUDIENCES.ES256, 'idp-ec')];
  const [rsaSignature, ecSignature] = await Promise.all([
    signOnPool('sha256', Buffer.from(rs256), rsa),
    signOnPool('sha256', Buffer.from(es256), { key: ec, dsaEncoding: 'ieee-p1363' }),
  ]);
  return {
    HS256: signHmac(unsigned('HS256', AUDIENCES.HS256), callerSecret),
    RS256: `${rs256}.${rsaSignature.toString('base64url')}`,
    ES256: `${es256}.${ecSignature.toString('base64url')}`,
    ownClient: signHmac(unsigned('HS256', own.clientId), own.secret),
  };
}

function signHmac(unsigned: string, secret: string): string {
  return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`;
}

function encodeJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function exchangeSignature(token: string, other: string): string {
  return token.slice(0, token.lastIndexOf('.')) + other.slice(other.lastIndexOf('.'));
}

/** 64 characters, enough for HS256. */
function createSecret(name: string): string {
  return createHmac('sha256', 'bench').update(name).digest('hex');
}

function createRsaPem(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

async function serveJson(document: object): Promise<{ readonly url: string; close(): void }> {
  const body = JSON.stringify(document);
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json').end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/jwks.json`, close: () => server.close() };
}
