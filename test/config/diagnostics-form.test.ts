import { describe, expect, it } from 'vitest';
import { type Broken, diagnoseEdited, WEB_SECRET } from './good-file.js';

/** What is wrong, the edits of the valid file that make it so, and every diagnostic that is reported. */
const BROKEN: readonly Broken[] = [
  [
    'an unclosed mapping',
    [['listen: { host: 127.0.0.1, port: 4000 }', 'listen: { host: 127.0.0.1, port: 4000']],
    ['line 2: (file): not valid YAML at column 1 (bad indent)'],
  ],
  [
    'a tab as indentation',
    [['    issuer: https://acme', '	issuer: https://acme']],
    [
      'line 10: (file): not valid YAML at column 1 (tab as indent)',
      'line 10: (file): not valid YAML at column 10 (block as implicit key)',
      'line 10: (file): not valid YAML at column 10 (multiline implicit key)',
      'line 12: (file): not valid YAML at column 1 (bad indent)',
      'line 13: (file): not valid YAML at column 1 (bad indent)',
      'line 14: (file): not valid YAML at column 1 (bad indent)',
      'line 15: (file): not valid YAML at column 1 (bad indent)',
      'line 23: (file): not valid YAML at column 1 (bad indent)',
      'line 38: (file): not valid YAML at column 1 (block as implicit key)',
      'line 38: (file): not valid YAML at column 3 (multiline implicit key)',
      'line 38: (file): not valid YAML at column 3 (missing char)',
    ],
  ],
  [
    'an unclosed quote',
    [
      [
        `old|
`,
        `"old|
`,
      ],
    ],
    ['line 45: (file): not valid YAML at column 1 (missing char)'],
  ],
  [
    'an alias without an anchor',
    [['graphiql: false', 'graphiql: *nothing']],
    ['line 3: (file): not valid YAML at column 11 (alias of nothing)'],
  ],
  [
    'two documents',
    [
      [
        'tenants:',
        `---
tenants:`,
      ],
    ],
    ['line 7: (file): not valid YAML at column 1 (multiple docs)'],
  ],
  [
    'an unknown tag',
    [['graphiql: false', 'graphiql: !secret false']],
    ['line 3: (file): not valid YAML at column 11 (tag resolve failed)'],
  ],
  [
    'a duplicate key, beside another diagnostic',
    [
      [
        'graphiql: false',
        `graphiql: false
graphiql: false`,
      ],
      ['port: 4000', 'port: -1'],
    ],
    [
      'line 1: listen.port: a number; expected a number of at least 0',
      'line 4: (file): not valid YAML at column 1 (duplicate key)',
    ],
  ],
  [
    'aliases that expand exponentially',
    [
      [
        'graphiql: false',
        `a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
d: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]`,
      ],
    ],
    ['(file): not valid YAML (too many aliases)'],
  ],
  [
    'a list at the top',
    {
      whole: `- tenants
`,
    },
    ['line 1: (file): a list; expected a mapping'],
  ],
  ['an empty file', { whole: '' }, ['(file): null; expected a mapping']],
  [
    'listen as text',
    [['{ host: 127.0.0.1, port: 4000 }', '127.0.0.1:4000']],
    ['line 1: listen: a string; expected a mapping'],
  ],
  ['a port as text', [['port: 4000', 'port: "4000"']], ['line 1: listen.port: a string; expected a number']],
  [
    'a port above 65535',
    [['port: 4000', 'port: 65536']],
    ['line 1: listen.port: a number; expected a number of at most 65535'],
  ],
  [
    'a port that is not a whole number',
    [['port: 4000', 'port: 40.5']],
    ['line 1: listen.port: a number; expected a whole number'],
  ],
  [
    'trust_proxy with a host name',
    [['10.0.0.0/8', 'proxy.example.com']],
    ['line 2: trust_proxy[0]: a string; expected an IP address or a CIDR range'],
  ],
  [
    'trust_proxy with a prefix length that is too long',
    [['10.0.0.0/8', '10.0.0.0/33']],
    ['line 2: trust_proxy[0]: a string; expected an IP address or a CIDR range'],
  ],
  ['graphiql as text', [['graphiql: false', 'graphiql: "no"']], ['line 3: graphiql: a string; expected true or false']],
  [
    'an origin with a path',
    [['["*"]', '[https://app.example.com/]']],
    ['line 4: cors.origins[0]: a string; expected "*" or an origin such as https://app.example.com, without a path'],
  ],
  [
    'a store with another protocol',
    [['store: memory', 'store: http://localhost:6379']],
    [
      'line 5: rate_limit.store: a string; expected a URL such as rediss://user:password@redis.example.com:6379/0, with redis: or rediss:, percent-encoded credentials, and nothing after the number of the database',
    ],
  ],
  [
    'a store with something after its database',
    [['store: memory', 'store: redis://localhost/0?x=1']],
    [
      'line 5: rate_limit.store: a string; expected a URL such as rediss://user:password@redis.example.com:6379/0, with redis: or rediss:, percent-encoded credentials, and nothing after the number of the database',
    ],
  ],
  [
    'a store whose password is not percent-encoded',
    [['store: memory', 'store: "redis://:100%@localhost"']],
    [
      'line 5: rate_limit.store: a string; expected a URL such as rediss://user:password@redis.example.com:6379/0, with redis: or rediss:, percent-encoded credentials, and nothing after the number of the database',
    ],
  ],
  [
    'a store of an unknown kind',
    [['store: memory', 'store: { clster: [redis://localhost] }']],
    [
      'line 5: rate_limit.store: a mapping; expected memory, a redis: or rediss: URL, { env: NAME } or { file: path } with one, { cluster: [url, …] } or { sentinel: [host:port, …], name }',
    ],
  ],
  [
    'a store whose variable is not set',
    [['store: memory', 'store: { env: REDIS_URL }']],
    ['line 5: rate_limit.store: a mapping; expected the environment variable REDIS_URL to be set'],
  ],
  [
    'a cluster without nodes',
    [['store: memory', 'store: { cluster: [] }']],
    ['line 5: rate_limit.store.cluster: an empty list; expected a list of at least 1 entry'],
  ],
  [
    'a cluster with another URL',
    [['store: memory', 'store: { cluster: [localhost] }']],
    [
      'line 5: rate_limit.store.cluster[0]: a string; expected a URL such as rediss://user:password@redis.example.com:6379/0, with redis: or rediss:, percent-encoded credentials, and nothing after the number of the database',
    ],
  ],
  [
    'a sentinel without a port',
    [['store: memory', 'store: { sentinel: [localhost], name: main }']],
    ['line 5: rate_limit.store.sentinel[0]: a string; expected host:port, such as sentinel-1.example.com:26379'],
  ],
  [
    'sentinels without the name of the Redis',
    [['store: memory', 'store: { sentinel: ["localhost:26379"] }']],
    [
      'line 5: rate_limit.store: a mapping; expected memory, a redis: or rediss: URL, { env: NAME } or { file: path } with one, { cluster: [url, …] } or { sentinel: [host:port, …], name }',
    ],
  ],
  [
    'an unknown on_store_failure',
    [['store: memory', 'on_store_failure: allow']],
    ['line 5: rate_limit.on_store_failure: a string; expected one of deny, allow_local'],
  ],
  [
    'a burst of zero',
    [['burst: 10', 'burst: 0']],
    ['line 5: rate_limit.burst: a number; expected a number of at least 1'],
  ],
  [
    'a GraphQL limit below its minimum',
    [['max_depth: 8', 'max_depth: 0']],
    ['line 6: graphql.max_depth: a number; expected a number of at least 1'],
  ],
  [
    'tenants as a mapping',
    [
      [
        `tenants:
`,
        `tenants: {}
others:
`,
      ],
    ],
    [
      'line 7: tenants: a mapping; expected a list',
      'line 8: others: unknown key; expected one of listen, metrics, trust_proxy, graphiql, cors, audit, rate_limit, graphql, tenants',
    ],
  ],
  [
    'no tenant',
    {
      whole: `tenants: []
`,
    },
    ['line 1: tenants: an empty list; expected a list of at least 1 entry'],
  ],
  [
    'a tenant that is a string',
    {
      whole: `tenants: [acme]
`,
    },
    ['line 1: tenants[0]: a string; expected a mapping'],
  ],
  [
    'a tenant without a name',
    [
      [
        `  - name: acme
    hosts`,
        '  - hosts',
      ],
    ],
    ['line 8: tenants[0].name: missing; expected a string'],
  ],
  [
    'a host with a port',
    [['[acme.example.com]', '["acme.example.com:8443"]']],
    ['line 9: tenants[0].hosts[0]: a string; expected a host name without scheme, path or port'],
  ],
  [
    'hosts as text',
    [['[acme.example.com]', 'acme.example.com']],
    ['line 9: tenants[0].hosts: a string; expected a list'],
  ],
  [
    'delegation as a boolean',
    [['{ enabled: true }', 'true']],
    ['line 13: tenants[0].delegation: a boolean; expected a mapping'],
  ],
  [
    'issuers as a mapping',
    [
      [
        `    issuers:
      - issuer: https://login.other`,
        `    issuers:
        issuer: https://login.other`,
      ],
    ],
    ['line 40: tenants[1].issuers: a mapping; expected a list'],
  ],
  [
    'a client that is a string',
    [
      [
        `      - client_id: web
        client_secret`,
        `      - web
      - client_id: web
        client_secret`,
      ],
    ],
    ['line 24: tenants[0].clients[0]: a string; expected a mapping'],
  ],
  [
    'client_id as a number',
    [['client_id: chat', 'client_id: 7']],
    ['line 28: tenants[0].clients[1].client_id: a number; expected a string'],
  ],
  [
    'allowed_clients as text',
    [['[web]', 'web']],
    ['line 29: tenants[0].clients[1].allowed_clients: a string; expected a list'],
  ],
  [
    'a claim without its path',
    [
      [
        `claims: { role: app_metadata.role }
        addons`,
        `claims: { role: }
        addons`,
      ],
    ],
    [
      'line 30: tenants[0].clients[1].claims.role: null; expected a path such as app_metadata.role, or { path, required }',
    ],
  ],
  [
    'claims as a list',
    [
      [
        `claims: { role: app_metadata.role }
        addons`,
        `claims: [role]
        addons`,
      ],
    ],
    ['line 30: tenants[0].clients[1].claims: a list; expected a mapping'],
  ],
  [
    'an add-on that is true',
    [
      [
        `          firebase:
            client_email: minter@demo-project.iam.gserviceaccount.com
            private_key: { file: keys/firebase.pem }
            lifetime_in_seconds: 3600
            claims: { role: app_metadata.role }
`,
        `          firebase: true
`,
      ],
    ],
    ['line 32: tenants[0].clients[1].addons.firebase: a boolean; expected a mapping'],
  ],
  [
    'a misspelt key at the top',
    [['rate_limit:', 'ratelimit:']],
    ['line 5: ratelimit: unknown key; did you mean "rate_limit"?'],
  ],
  [
    'a misspelt key in a client',
    [['allowed_clients', 'allowed_client']],
    ['line 29: tenants[0].clients[1].allowed_client: unknown key; did you mean "allowed_clients"?'],
  ],
  [
    'a misspelt key in an add-on',
    [['private_key:', 'private_kye:']],
    [
      'line 32: tenants[0].clients[1].addons.firebase.private_key: missing; expected service_account alone, client_email with private_key, or secret alone',
      'line 34: tenants[0].clients[1].addons.firebase.private_kye: unknown key; did you mean "private_key"?',
    ],
  ],
  [
    'an unknown add-on',
    [['firebase:', 'fcm:']],
    [
      'line 32: tenants[0].clients[1].addons.fcm: unknown key; expected one of aws, azure_blob, azure_sb, firebase, layer, salesforce_api, salesforce_sandbox_api, sap_api, wams',
    ],
  ],
  [
    'two misspelt keys in one mapping',
    [
      ['name: acme', 'nam: acme'],
      ['hosts:', 'host:'],
    ],
    [
      'line 8: tenants[0].name: missing; expected a string',
      'line 8: tenants[0].nam: unknown key; did you mean "name"?',
      'line 9: tenants[0].host: unknown key; did you mean "hosts"?',
      'line 38: tenants[1].hosts: missing; expected some, because tenants[0] takes every other host',
    ],
  ],
  [
    'a secret that became a key because a space is missing',
    [['{ alg: HS256, lifetime_in_seconds: 36000 }', `{ alg: HS256, client_secret:${WEB_SECRET} }`]],
    [
      'line 26: tenants[0].clients[0].jwt_configuration[a key of 62 characters]: unknown key; expected one of alg, lifetime_in_seconds, secret_encoded',
    ],
  ],
  [
    'a key named __proto__',
    [['graphiql: false', '__proto__: { graphiql: true }']],
    [
      'line 3: __proto__: unknown key; expected one of listen, metrics, trust_proxy, graphiql, cors, audit, rate_limit, graphql, tenants',
    ],
  ],
];

describe('a file of the wrong form', () => {
  it.each(BROKEN)('%s', (_what, edits, diagnostics) => {
    expect(diagnoseEdited(edits)).toEqual(diagnostics);
  });
});
