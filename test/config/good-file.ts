import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { ADDONS } from '../../src/addons/index.js';
import { faultsTogether } from '../../src/config/build-tenants.js';
import { ConfigError, formatFault } from '../../src/config/faults.js';
import { loadConfig } from '../../src/config/load.js';
import type { GatewayConfig } from '../../src/config/schema.js';
import { configFolder } from '../support/config-folder.js';
import { ecPair, publicJwk, rsaPair } from '../support/keys.js';
import { secrets } from '../support/secrets.js';
import { selfSigned } from '../support/upstream.js';

/** A gateway.yaml without faults, which the tests break in one place each. */
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
      - client_id: chat
        allowed_clients: [web]
        claims: { role: app_metadata.role }
        addons:
          firebase:
            client_email: minter@demo-project.iam.gserviceaccount.com
            private_key: { file: keys/firebase.pem }
            lifetime_in_seconds: 3600
            claims: { role: app_metadata.role }
  - name: other
    issuer: https://other.example.com/
    issuers:
      - issuer: https://login.other.example.com/
        jwks_uri: https://login.other.example.com/jwks.json
    clients:
      - client_id: web
`;

const acme = selfSigned('acme.example.com');
export const WEB_SECRET = randomBytes(36).toString('base64url');
const SHORT_SECRET = randomBytes(15).toString('base64url');
secrets.keep('the client_secret', WEB_SECRET);
secrets.keep('a short client_secret', SHORT_SECRET);
secrets.keep('the signing_key', acme.key);

/** The environment that the files are read with. */
export const ENV = { WEB_SECRET, SHORT_SECRET, EMPTY: '' };

/** A folder with every key that the good file names, and with those that are of no use. */
export const folder = configFolder({
  'gateway.yaml': GOOD,
  'keys/acme.pem': acme.key,
  'keys/acme.crt': acme.cert,
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

/** Every stage of reading, as `check` and `serve` have it. */
export function loadText(text: string): GatewayConfig {
  const path = folder.write('gateway.yaml', text);
  return loadConfig(path, { env: ENV, together: (draft) => faultsTogether(draft, ADDONS) });
}

/** The faults of a file, as `check` shows them. */
export function faultsOf(text: string): string[] {
  try {
    loadText(text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    secrets.observe('the faults of a configuration', error.message);
    return error.faults.map(formatFault);
  }
}

export type Edits = readonly (readonly [find: string, replace: string])[] | { readonly whole: string };
export type Broken = readonly [what: string, edits: Edits, faults: readonly string[]];

/** The faults of the good file after these edits, or of another file as a whole. */
export function faultsAfter(edits: Edits): string[] {
  if ('whole' in edits) return faultsOf(edits.whole);
  return faultsOf(
    edits.reduce((text, [find, replace]) => {
      expect(text, 'an edit finds what it replaces').toContain(find);
      return text.replace(find, () => replace);
    }, GOOD),
  );
}
