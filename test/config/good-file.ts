import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { ConfigError, formatDiagnostic } from '../../src/config/diagnostics.js';
import { type GatewayConfig, loadConfig } from '../../src/config/load.js';
import { configFolder } from '../support/config-folder.js';
import { ecPair, publicJwk, rsaPair } from '../support/keys.js';
import { secrets } from '../support/secrets.js';
import { selfSigned } from '../support/upstream.js';

/** A valid gateway.yaml, which each test breaks in some places. */
export const GOOD = `listen: { host: 127.0.0.1, port: 4000 }
trust_proxy: [10.0.0.0/8]
graphiql: false
cors: { origins: ["*"] }
rate_limit: { store: memory, burst: 10 }
graphql: { introspection: true, max_depth: 8 }
tenants:
  - name: acme
    hosts: [acme.example.com]
    issuer: https://acme.example.com/
    signing_key: { file: keys/acme.pem }
    certificate: { file: keys/acme.crt }
    delegation: { enabled: true }
    legacy: { jsonp: false }
    issuers:
      - issuer: https://login.example.com/
        subject_prefix: ""
        algorithms: [RS256, HS256]
        jwks_uri: https://login.example.com/.well-known/jwks.json
      - issuer: https://old.example.com/
        subject_prefix: old|
        jwks: { file: keys/old.json }
    clients:
      - client_id: web
        client_secret: { env: WEB_SECRET }
        jwt_configuration: { alg: HS256, lifetime_in_seconds: 36000 }
        issuers: [https://login.example.com/]
      - client_id: chat
        allowed_clients: [web]
        claims: { role: app_metadata.role }
        addons:
          firebase:
            client_email: minter@demo-project.iam.gserviceaccount.com
            private_key: { file: keys/firebase.pem }
            lifetime_in_seconds: 3600
            claims: { role: app_metadata.role }
        issuers: []
  - name: other
    issuer: https://other.example.com/
    issuers:
      - issuer: https://login.other.example.com/
        jwks_uri: https://login.other.example.com/jwks.json
    clients:
      - client_id: web
`;

const acme = selfSigned('acme.example.com');
const next = selfSigned('acme.example.com');
export const WEB_SECRET = randomBytes(36).toString('base64url');
const SHORT_SECRET = randomBytes(15).toString('base64url');
secrets.keep('the client_secret', WEB_SECRET);
secrets.keep('a short client_secret', SHORT_SECRET);
secrets.keep('the signing_key', acme.key);
secrets.keep('the next signing_key', next.key);

/** The environment that secrets are read from. */
export const ENV = { WEB_SECRET, SHORT_SECRET, EMPTY: '' };

/** A folder with every key that the valid file names, and with keys that are refused. */
export const folder = configFolder({
  'gateway.yaml': GOOD,
  'keys/acme.pem': acme.key,
  'keys/acme.crt': acme.cert,
  'keys/next.pem': next.key,
  'keys/next.crt': next.cert,
  'keys/other.crt': selfSigned('other.example.com').cert,
  'keys/firebase.pem': rsaPair('firebase').pem,
  'keys/garbage.pem': rsaPair('garbage').pem.slice(0, 900),
  'keys/ec.pem': ecPair('ec').pem,
  'keys/small.pem': rsaPair('small', { bits: 1024 }).pem,
  'keys/exponent.pem': rsaPair('exponent', { exponent: 3 }).pem,
  'keys/old.json': JSON.stringify({ keys: [publicJwk(rsaPair('old'))] }),
  'keys/small.json': JSON.stringify({ keys: [publicJwk(rsaPair('small', { bits: 1024 }))] }),
  'keys/oct.json': JSON.stringify({ keys: [{ kty: 'oct', k: WEB_SECRET }] }),
  'keys/none.json': JSON.stringify({ keys: [] }),
  'keys/list.json': JSON.stringify([publicJwk(rsaPair('old'))]),
});

/** Loads a file as `check` and `serve` do. */
export function loadText(text: string): GatewayConfig {
  return loadConfig(folder.write('gateway.yaml', text), { env: ENV });
}

/** The diagnostics of a file, as `check` prints them. */
export function diagnose(text: string): string[] {
  try {
    loadText(text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    secrets.observe('the diagnostics of a configuration', error.message);
    return error.diagnostics.map(formatDiagnostic);
  }
}

export type Edits = readonly (readonly [find: string, replace: string])[] | { readonly whole: string };
export type Broken = readonly [what: string, edits: Edits, diagnostics: readonly string[]];

/** The diagnostics of the valid file after these edits, or of another file. */
export function diagnoseEdited(edits: Edits): string[] {
  if ('whole' in edits) return diagnose(edits.whole);
  return diagnose(
    edits.reduce((text, [find, replace]) => {
      expect(text, 'the text that an edit replaces is there').toContain(find);
      return text.replace(find, () => replace);
    }, GOOD),
  );
}
