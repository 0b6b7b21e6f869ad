import { MAX_LIFETIME_SECONDS } from '../config/client-schema.js';
import { formatPath } from '../config/path.js';
import { SIGNING_ALGORITHMS } from '../keys/algorithms.js';
import { isRecord } from '../lib/json.js';
import { clampNumber } from './addon-fields.js';
import { convertAddons } from './convert-addons.js';
import { describeClient, quote } from './describe-client.js';
import {
  type Auth0Client,
  type ConversionContext,
  type ImportedClient,
  setSecretReference,
} from './imported-client.js';
import type { NoteKind } from './notes.js';
import { readExportedSecret } from './secret-references.js';

const REFRESH_TOKEN_GRANT = 'http://auth0.com/oauth/legacy/grant-type/delegation/refresh_token';
const ID_TOKEN_GRANT = 'http://auth0.com/oauth/legacy/grant-type/delegation/id_token';
const DELEGATION_GRANT = /^http:\/\/auth0\.com\/oauth\/legacy\/grant-type\/delegation\//;
const READ_FIELDS: ReadonlySet<string> = new Set(
  'client_id name client_secret allowed_clients grant_types jwt_configuration addons token_endpoint_auth_method jwks_uri'.split(
    ' ',
  ),
);

const ALG_MISSING =
  'jwt_configuration.alg is missing, so RS256 is used; old Auth0 tenants may use HS256 (--default-alg)';
const ALG_RS512 =
  'jwt_configuration.alg is RS512, with which the gateway does not sign: left out, so RS256 is used; what verifies its tokens must accept that';

type Note = (sentence: string, kind: NoteKind) => void;

/** Converts a client of Auth0 to one of gateway.yaml, with a note for each setting that has no counterpart. */
export function convertClient(raw: Auth0Client, context: ConversionContext): ImportedClient {
  const { client_id, name } = raw;
  const label = describeClient(raw);
  const note: Note = (sentence, kind) => context.note(label, sentence, kind);
  const client: ImportedClient = {
    label,
    owner: typeof name === 'string' && /[a-z0-9]/i.test(name) ? name : client_id,
    fields: { client_id, ...(typeof name === 'string' && name !== '' && { name }) },
    secrets: new Map(),
    openToAll: isEmpty(raw.allowed_clients),
  };
  const secret = readExportedSecret(raw.client_secret);
  if (secret !== undefined) {
    if (usesSecret(raw, context)) setSecretReference(client, ['client_secret'], secret, context);
    else context.countUnused('client_secret');
  }
  client.fields.allowed_clients = client.openToAll ? ['*'] : convertAllowedClients(raw.allowed_clients, context, note);
  convertGrantTypes(raw, client, note);
  if (raw.token_endpoint_auth_method != null) client.fields.token_endpoint_auth_method = raw.token_endpoint_auth_method;
  if (raw.jwks_uri != null && raw.jwks_uri !== '') client.fields.jwks_uri = raw.jwks_uri;
  client.fields.jwt_configuration = convertJwtConfiguration(raw.jwt_configuration, context, note);
  keepOldCallersWorking(client, note);
  convertAddons(raw.addons, client, context);
  for (const [field, value] of Object.entries(raw)) {
    if (!READ_FIELDS.has(field) && value !== null) context.countUnused(formatPath([field]));
  }
  return client;
}

/** Whether something needs the secret: tokens that it signs and verifies, or the exchange of refresh tokens. */
function usesSecret(raw: Auth0Client, { defaultAlg }: ConversionContext): boolean {
  const { jwt_configuration: jwt, grant_types: grants, token_endpoint_auth_method: method } = raw;
  const alg = (isRecord(jwt) ? jwt.alg : undefined) ?? defaultAlg;
  return alg === 'HS256' || (Array.isArray(grants) && grants.includes(REFRESH_TOKEN_GRANT) && method !== 'none');
}

function convertAllowedClients(given: unknown, { clientIds }: ConversionContext, note: Note): string[] {
  if (!Array.isArray(given)) {
    note('allowed_clients is not a list, so only the client itself may delegate to it', 'fix');
    return [];
  }
  const known = new Set(given.filter((id) => id === '*' || clientIds.has(id)));
  for (const id of given) {
    if (!known.has(id)) note(`allowed_clients names ${quote(id)}, which was not imported: left out`, 'loss');
  }
  return [...known];
}

function convertGrantTypes({ grant_types }: Auth0Client, { fields }: ImportedClient, note: Note): void {
  if (grant_types == null) return;
  if (!Array.isArray(grant_types) || grant_types.some((type) => typeof type !== 'string')) {
    note(
      'grant_types is not a list of strings: replaced by an empty list, so this client cannot call the gateway',
      'fix',
    );
    fields.grant_types = [];
    return;
  }
  fields.grant_types = grant_types.filter((type) => type !== '');
  if (grant_types.includes(REFRESH_TOKEN_GRANT)) fields.refresh_token_delegation = true;
  if (!grant_types.some((type) => DELEGATION_GRANT.test(type)))
    note('grant_types has no delegation grant: this client can be a target but cannot call the gateway', 'information');
}

function convertJwtConfiguration(
  given: unknown,
  { countUnused, defaultAlg }: ConversionContext,
  note: Note,
): Record<string, unknown> {
  const { alg, lifetime_in_seconds, secret_encoded, ...rest } = isRecord(given) ? given : {};
  for (const [field, value] of Object.entries(rest)) {
    if (value !== null) countUnused(formatPath(['jwt_configuration', field]));
  }
  const known = SIGNING_ALGORITHMS.find((each) => each === (alg ?? defaultAlg));
  if (alg == null && !known) note(ALG_MISSING, 'fix');
  else if (alg === 'RS512') note(ALG_RS512, 'fix');
  else if (!known) note('jwt_configuration.alg is not an algorithm of Auth0: left out, so RS256 is used', 'fix');
  return {
    ...(known && { alg: known }),
    ...(lifetime_in_seconds != null && {
      lifetime_in_seconds: clampNumber(
        'jwt_configuration.lifetime_in_seconds',
        lifetime_in_seconds,
        { minimum: 1, maximum: MAX_LIFETIME_SECONDS },
        (sentence) => note(sentence, 'loss'),
      ),
    }),
    ...(secret_encoded != null && { secret_encoded }),
  };
}

/**
 * Clients of Auth0's endpoint authenticate neither with a refresh token nor with an HS256 token. For the clients that may
 * send these, the defaults of gateway.yaml are relaxed.
 */
function keepOldCallersWorking({ fields, secrets }: ImportedClient, note: Note): void {
  const { grant_types: grants, token_endpoint_auth_method: method, jwt_configuration: jwt } = fields;
  const isHs256 = isRecord(jwt) && jwt.alg === 'HS256';
  const needsSecret = method === 'client_secret_post' || method === 'client_secret_basic' || isHs256;
  const hasSecret = secrets.has('client_secret') || needsSecret;
  if (fields.refresh_token_delegation === true && hasSecret && method !== 'none') {
    fields.unauthenticated_refresh = true;
    note(
      'unauthenticated_refresh is set, because old clients send refresh tokens without their secret; remove it when this client sends clientAuthentication or client_secret',
      'todo',
    );
  }
  if (isHs256 && (!Array.isArray(grants) || grants.includes(ID_TOKEN_GRANT))) {
    fields.hs256_delegation = true;
    note(
      'hs256_delegation is set, because its app tokens are signed with HS256 and old clients may delegate with them; remove it if this client does not',
      'todo',
    );
  }
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}
