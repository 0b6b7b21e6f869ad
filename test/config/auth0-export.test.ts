import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { baseConfig } from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';
import { secrets } from '../support/secrets.js';

/**
 * A client as GET /api/v2/clients returns it, with every field that the Management API describes
 * (https://auth0.com/docs/api/management/v2/clients/get-clients-by-id), and null where the API allows it.
 */
const EXPORTED = {
  tenant: 'acme',
  global: false,
  is_token_endpoint_ip_header_trusted: false,
  name: 'Chat',
  description: '',
  is_first_party: true,
  oidc_conformant: false,
  sso_disabled: false,
  sso: true,
  cross_origin_auth: false,
  cross_origin_authentication: false,
  cross_origin_loc: null,
  logo_uri: '',
  callbacks: ['https://chat.example.com/callback'],
  allowed_origins: [],
  web_origins: [],
  client_aliases: [],
  allowed_clients: ['web'],
  allowed_logout_urls: [],
  session_transfer: null,
  oidc_logout: { backchannel_logout_urls: [] },
  oidc_backchannel_logout: {},
  signing_keys: [{ cert: '-----BEGIN CERTIFICATE-----', pkcs7: '', subject: '/CN=acme.auth0.com' }],
  encryption_key: null,
  encrypted: true,
  client_id: 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6',
  callback_url_template: false,
  config_route: null,
  client_secret: 'a-secret-of-an-exported-client-that-is-64-characters-long-0123456',
  jwt_configuration: { alg: 'HS256', lifetime_in_seconds: 36_000, secret_encoded: false, scopes: {} },
  token_endpoint_auth_method: 'client_secret_post',
  client_authentication_methods: null,
  app_type: 'regular_web',
  grant_types: [
    'authorization_code',
    'refresh_token',
    'http://auth0.com/oauth/legacy/grant-type/delegation/id_token',
    'http://auth0.com/oauth/legacy/grant-type/delegation/refresh_token',
  ],
  custom_login_page_on: true,
  custom_login_page: '',
  custom_login_page_preview: '',
  form_template: '',
  client_metadata: { team: 'chat' },
  mobile: { android: {}, ios: {} },
  initiate_login_uri: '',
  native_social_login: { apple: { enabled: false }, facebook: { enabled: false } },
  fedcm_login: { google: { is_enabled: false } },
  refresh_token: { rotation_type: 'non-rotating', expiration_type: 'non-expiring', leeway: 0 },
  default_organization: null,
  organization_usage: 'deny',
  organization_require_behavior: 'no_prompt',
  organization_discovery_methods: null,
  require_pushed_authorization_requests: false,
  require_proof_of_possession: false,
  signed_request_object: { required: false },
  compliance_level: null,
  skip_non_verifiable_callback_uri_confirmation_prompt: null,
  token_exchange: null,
  par_request_expiry: null,
  token_quota: null,
  express_configuration: null,
  my_organization_configuration: null,
  async_approval_notification_channels: null,
  resource_server_identifier: null,
  third_party_security_mode: 'strict',
  redirection_policy: 'allow_always',
  external_client_id: null,
  jwks_uri: null,
  owners: ['auth0|1'],
  created_at: '2016-01-01T00:00:00.000Z',
  updated_at: '2016-01-01T00:00:00.000Z',
  addons: {
    firebase: {
      client_email: 'minter@demo-project.iam.gserviceaccount.com',
      private_key: rsaPair('firebase').pem,
      private_key_id: null,
      secret: null,
      lifetime_in_seconds: null,
    },
    aws: null,
    samlp: { audience: 'https://example.com/saml', mappings: {} },
    wsfed: {},
    sso_integration: { name: 'zoom' },
    office365: { domain: 'example.com' },
  },
};
secrets.keep('the client_secret', EXPORTED.client_secret);

function load(client: unknown) {
  const document = baseConfig() as { tenants: { clients: unknown[] }[] };
  document.tenants[0]?.clients.push(client);
  return parseConfig(document).settings.tenants[0]?.clients.at(-1);
}

describe("a client as Auth0's Management API returns it", () => {
  it('can be pasted in unchanged', () => {
    expect(load(EXPORTED)).toMatchObject({
      client_id: EXPORTED.client_id,
      allowed_clients: ['web'],
      jwt_configuration: { alg: 'HS256' },
      addons: { firebase: { lifetime_in_seconds: 3600 } },
    });
  });

  it('can be pasted in with null for every field that is not set', () => {
    const nothing = Object.fromEntries(Object.keys(EXPORTED).map((field) => [field, null]));
    expect(load({ ...nothing, client_id: 'blank' })).toMatchObject({
      client_id: 'blank',
      allowed_clients: [],
      jwt_configuration: { lifetime_in_seconds: 36_000, secret_encoded: false },
      addons: {},
    });
    const { jwt_configuration } = load({
      client_id: 'blank',
      jwt_configuration: { alg: null, lifetime_in_seconds: null, secret_encoded: null },
    }) as { jwt_configuration: unknown };
    expect(jwt_configuration).toEqual({ lifetime_in_seconds: 36_000, secret_encoded: false });
  });

  it.each([null, ''])('has no keys for assertions where its jwks_uri is %j', (jwks_uri) => {
    expect(load({ ...EXPORTED, jwks_uri })).toMatchObject({ client_id: EXPORTED.client_id, jwks_uri: undefined });
  });

  it.each([
    ['its client_id', { client_id: null }, 'tenants[0].clients[4].client_id: null; expected a string'],
    [
      'a claim without its path',
      { client_id: 'x', claims: { role: null } },
      'tenants[0].clients[4].claims.role: null; expected a path such as app_metadata.role, or { path, required }',
    ],
    [
      'an unknown field',
      { client_id: 'x', alowed_clients: null },
      'tenants[0].clients[4].alowed_clients: unknown key; did you mean "allowed_clients"?',
    ],
  ])('is refused with null for %s', (_what, client, message) => {
    expect(() => load(client)).toThrow(expect.objectContaining({ name: 'ConfigError', message }));
  });
});
