import { describe, expect, it } from 'vitest';
import { type Broken, diagnoseEdited } from './good-file.js';

/** What is wrong, the edits of the valid file that make it so, and every diagnostic that is reported. */
const BROKEN: readonly Broken[] = [
  [
    'two tenants with the same name',
    [['name: other', 'name: acme']],
    ['line 38: tenants[1].name: a string; expected another name than tenants[0] has'],
  ],
  [
    'two tenants with the same issuer',
    [['issuer: https://other.example.com/', 'issuer: https://acme.example.com/']],
    ['line 39: tenants[1].issuer: a string; expected another issuer than tenants[0] has'],
  ],
  [
    'two tenants with the same host in their issuers, which makes one SAML entity id',
    [['issuer: https://other.example.com/', 'issuer: https://ACME.example.com/other']],
    [
      'line 39: tenants[1].issuer: a string; expected another host than the issuer of tenants[0] has, because the host is the SAML entity id of the tenant',
    ],
  ],
  [
    'two tenants with the same host, written differently',
    [
      [
        '    issuer: https://other',
        `    hosts: [ACME.example.com.]
    issuer: https://other`,
      ],
    ],
    ['line 39: tenants[1].hosts[0]: a string; expected a host that tenants[0] does not have'],
  ],
  [
    'two tenants without hosts',
    [
      [
        `    hosts: [acme.example.com]
`,
        '',
      ],
    ],
    ['line 37: tenants[1].hosts: missing; expected some, because tenants[0] takes every other host'],
  ],
  [
    'two clients with the same client_id',
    [['client_id: chat', 'client_id: web']],
    ['line 28: tenants[0].clients[1].client_id: a string; expected another client_id than clients[0] has'],
  ],
  [
    'two issuers with the same iss',
    [['https://old.example.com/', 'https://login.example.com/']],
    ['line 20: tenants[0].issuers[1].issuer: a string; expected another issuer than issuers[0] has'],
  ],
  [
    "the tenant's own issuer as an identity provider",
    [['https://old.example.com/', 'https://acme.example.com/']],
    [
      "line 20: tenants[0].issuers[1].issuer: a string; expected an identity provider's issuer, not that of the tenant itself",
    ],
  ],
  [
    'several issuers, one without a prefix',
    [
      [
        `        subject_prefix: old|
`,
        '',
      ],
    ],
    [
      'line 20: tenants[0].issuers[1].subject_prefix: missing; expected a prefix of its own, because the tenant has several issuers',
    ],
  ],
  [
    'several issuers with equal prefixes',
    [['subject_prefix: old|', 'subject_prefix: ""']],
    [
      'line 21: tenants[0].issuers[1].subject_prefix: an empty string; expected a prefix that does not begin with that of issuers[0]',
    ],
  ],
  [
    'a prefix that begins with another one',
    [['subject_prefix: ""', 'subject_prefix: old|er|']],
    [
      'line 17: tenants[0].issuers[0].subject_prefix: a string; expected a prefix that does not begin with that of issuers[1]',
    ],
  ],
  [
    'a prefix with a control character',
    [['subject_prefix: old|', 'subject_prefix: "old\\u0000"']],
    ['line 21: tenants[0].issuers[1].subject_prefix: a string; expected a prefix without control characters'],
  ],
  [
    'a misspelt client in allowed_clients',
    [['[web]', '[wbe]']],
    [
      'line 29: tenants[0].clients[1].allowed_clients[0]: a string; expected the client_id of a client of this tenant or "*"; did you mean "web"?',
    ],
  ],
  [
    'an unknown client in allowed_clients',
    [['[web]', '["*", something-else-altogether]']],
    [
      'line 29: tenants[0].clients[1].allowed_clients[1]: a string; expected the client_id of a client of this tenant or "*"',
    ],
  ],
  [
    'refresh tokens without a token endpoint',
    [['allowed_clients: [web]', 'refresh_token_delegation: true']],
    [
      'line 29: tenants[0].clients[1].refresh_token_delegation: a boolean; expected an issuer of the tenant to have a token_endpoint',
    ],
  ],
  [
    'an unknown key that is null, in a client',
    [['allowed_clients: [web]', 'alowed_clients: null']],
    ['line 29: tenants[0].clients[1].alowed_clients: unknown key; did you mean "allowed_clients"?'],
  ],
  [
    'a registered claim',
    [
      [
        `{ role: app_metadata.role }
        addons`,
        `{ sub: email }
        addons`,
      ],
    ],
    ['line 30: tenants[0].clients[1].claims.sub: a string; expected a claim name that is not reserved'],
  ],
  [
    'a claim that is reserved by Firebase',
    [['            claims: { role: app_metadata.role }', '            claims: { firebase: email }']],
    [
      'line 36: tenants[0].clients[1].addons.firebase.claims.firebase: a string; expected a claim name that is not reserved',
    ],
  ],
  [
    'a Firebase token of more than an hour',
    [
      [
        `lifetime_in_seconds: 3600
`,
        `lifetime_in_seconds: 3601
`,
      ],
    ],
    ['line 35: tenants[0].clients[1].addons.firebase.lifetime_in_seconds: a number; expected a number of at most 3600'],
  ],
  [
    'an app token of zero seconds',
    [['lifetime_in_seconds: 36000', 'lifetime_in_seconds: 0']],
    ['line 26: tenants[0].clients[0].jwt_configuration.lifetime_in_seconds: a number; expected a number of at least 1'],
  ],
  [
    'an app token of more than thirty days',
    [['lifetime_in_seconds: 36000', 'lifetime_in_seconds: 2592001']],
    [
      'line 26: tenants[0].clients[0].jwt_configuration.lifetime_in_seconds: a number; expected a number of at most 2592000',
    ],
  ],
  [
    'a Firebase account without its key',
    [
      [
        `            private_key: { file: keys/firebase.pem }
`,
        '',
      ],
    ],
    [
      'line 32: tenants[0].clients[1].addons.firebase.private_key: missing; expected service_account alone, client_email with private_key, or secret alone',
    ],
  ],
  [
    'both kinds of Firebase credentials',
    [
      [
        `            lifetime_in_seconds: 3600
`,
        `            secret: { env: WEB_SECRET }
`,
      ],
    ],
    [
      'line 35: tenants[0].clients[1].addons.firebase.secret: a mapping; expected service_account alone, client_email with private_key, or secret alone',
    ],
  ],
  [
    'a required field of a client that is null',
    [['client_id: chat', 'client_id: null']],
    ['line 28: tenants[0].clients[1].client_id: null; expected a string'],
  ],
  [
    'a missing field of an add-on, beside one of the wrong type',
    [
      [
        'client_email: minter@demo-project.iam.gserviceaccount.com',
        `client_email: minter@demo-project.iam.gserviceaccount.com
            uid: 7`,
      ],
      [
        `            private_key: { file: keys/firebase.pem }
`,
        '',
      ],
    ],
    [
      'line 32: tenants[0].clients[1].addons.firebase.private_key: missing; expected service_account alone, client_email with private_key, or secret alone',
      'line 34: tenants[0].clients[1].addons.firebase.uid: a number; expected a string',
    ],
  ],
  [
    'many diagnostics of every step in one file',
    [
      ['port: 4000', 'prot: 4000'],
      [
        'graphiql: false',
        `graphiql: no thanks
graphiql: false`,
      ],
      ['keys/acme.crt', 'keys/other.crt'],
      ['subject_prefix: old|', 'subject_prefix: ""'],
      [
        `        client_secret: { env: WEB_SECRET }
`,
        `        client_secret: { env: SHORT_SECRET }
        alowed_clients: []
`,
      ],
      ['[web]', '[wbe]'],
      ['keys/firebase.pem', 'keys/ec.pem'],
      [
        `jwks.json
    clients:
      - client_id: web
`,
        `jwks.json
    clients:
      - client_id: web
        token_endpoint_auth_method: basic
        jwt_configuration: { alg: RS256 }
`,
      ],
    ],
    [
      'line 1: listen.prot: unknown key; did you mean "port"?',
      'line 4: (file): not valid YAML at column 1 (duplicate key)',
      'line 13: tenants[0].certificate: a mapping; expected the certificate of signing_key',
      'line 22: tenants[0].issuers[1].subject_prefix: an empty string; expected a prefix that does not begin with that of issuers[0]',
      'line 26: tenants[0].clients[0].client_secret: a mapping; expected a secret of at least 32 bytes, as HS256 demands',
      'line 27: tenants[0].clients[0].alowed_clients: unknown key; did you mean "allowed_clients"?',
      'line 31: tenants[0].clients[1].allowed_clients[0]: a string; expected the client_id of a client of this tenant or "*"; did you mean "web"?',
      'line 36: tenants[0].clients[1].addons.firebase.private_key: a mapping; expected an RSA private key, not one of type ec',
      'line 47: tenants[1].clients[0].token_endpoint_auth_method: a string; expected one of client_secret_post, client_secret_basic, none',
      'line 48: tenants[1].clients[0].jwt_configuration.alg: a string; expected the tenant to have a signing_key for RS256',
    ],
  ],
  [
    'a claim with the name __proto__',
    [
      [
        '        claims: { role: app_metadata.role }\n        addons',
        '        claims: { __proto__: role }\n        addons',
      ],
      ['            claims: { role: app_metadata.role }', '            claims: { __proto__: role }'],
    ],
    [
      'line 30: tenants[0].clients[1].claims.__proto__: a string; expected a claim name other than __proto__',
      'line 36: tenants[0].clients[1].addons.firebase.claims.__proto__: a string; expected a claim name other than __proto__',
    ],
  ],
  [
    'an empty client_id',
    [['client_id: chat', 'client_id: ""']],
    ['line 28: tenants[0].clients[1].client_id: an empty string; expected a string of at least 1 character'],
  ],
];

describe('parts that contradict each other, and values out of range', () => {
  it.each(BROKEN)('%s', (_what, edits, diagnostics) => {
    expect(diagnoseEdited(edits)).toEqual(diagnostics);
  });
});
