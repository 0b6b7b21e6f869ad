import { describe, expect, it } from 'vitest';
import { type Broken, diagnoseEdited, type Edits } from './good-file.js';

const SIGNING_KEY = '    signing_key: { file: keys/acme.pem }\n';
const CERTIFICATE = '    certificate: { file: keys/acme.crt }';

/** Puts several keys in the place of the signing_key and its certificate. */
function signingKeys(list: string): Edits {
  return [
    [SIGNING_KEY, ''],
    [CERTIFICATE, `    signing_keys: ${list}`],
  ];
}

const ACME = '{ key: { file: keys/acme.pem }, certificate: { file: keys/acme.crt } }';
const NEXT = '{ key: { file: keys/next.pem }, certificate: { file: keys/next.crt } }';

const BROKEN: readonly Broken[] = [
  [
    'signing_key and certificate beside signing_keys',
    [[CERTIFICATE, `${CERTIFICATE}\n    signing_keys: [{ key: { file: keys/next.pem } }]`]],
    ['line 13: tenants[0].signing_keys: a list; expected signing_keys, or signing_key and certificate, not both'],
  ],
  [
    'a certificate beside signing_keys',
    [['signing_key: { file: keys/acme.pem }', 'signing_keys: [{ key: { file: keys/acme.pem } }]']],
    ['line 11: tenants[0].signing_keys: a list; expected signing_keys, or signing_key and certificate, not both'],
  ],
  [
    'no entry in signing_keys',
    signingKeys('[]'),
    ['line 11: tenants[0].signing_keys: an empty list; expected a list of at least 1 entry'],
  ],
  [
    'a key twice in signing_keys, with another key in between',
    signingKeys(
      '[{ key: { file: keys/acme.pem } }, { key: { file: keys/next.pem } }, { key: { file: keys/acme.pem } }]',
    ),
    ['line 11: tenants[0].signing_keys[2].key: a mapping; expected another key than signing_keys[0] has'],
  ],
  [
    'a key twice in signing_keys, beside one that is none',
    signingKeys('[{ key: { file: keys/ec.pem } }, { key: { file: keys/acme.pem } }, { key: { file: keys/acme.pem } }]'),
    [
      'line 11: tenants[0].signing_keys[0].key: a mapping; expected an RSA private key, not one of type ec',
      'line 11: tenants[0].signing_keys[2].key: a mapping; expected another key than signing_keys[1] has',
    ],
  ],
  [
    'the certificate of another key in signing_keys',
    signingKeys(
      '[{ key: { file: keys/acme.pem }, certificate: { file: keys/acme.crt } }, { key: { file: keys/next.pem }, certificate: { file: keys/acme.crt } }]',
    ),
    ['line 11: tenants[0].signing_keys[1].certificate: a mapping; expected the certificate of key'],
  ],
  [
    'a certificate of a key that does not sign, and none of the one that does',
    signingKeys(
      '[{ key: { file: keys/acme.pem } }, { key: { file: keys/next.pem }, certificate: { file: keys/next.crt } }]',
    ),
    [
      'line 11: tenants[0].signing_keys[0].certificate: missing; expected a certificate, because another key has one and the first key signs',
    ],
  ],
  [
    'a misspelt field in signing_keys, and no key',
    signingKeys('[{ signing_key: { file: keys/acme.pem } }]'),
    [
      'line 11: tenants[0].signing_keys[0].key: missing; expected a string, { env: NAME } or { file: path }',
      'line 11: tenants[0].signing_keys[0].signing_key: unknown key; expected one of key, certificate',
    ],
  ],
  [
    'secrets that are too short or empty beside the client_secret',
    [
      [
        '        client_secret: { env: WEB_SECRET }',
        '        client_secret: { env: WEB_SECRET }\n        accepted_client_secrets: [{ env: SHORT_SECRET }]',
      ],
      [
        '      - client_id: chat',
        '      - client_id: chat\n        client_secret: text\n        accepted_client_secrets: [""]',
      ],
    ],
    [
      'line 26: tenants[0].clients[0].accepted_client_secrets[0]: a mapping; expected a secret of at least 32 bytes, as HS256 demands',
      'line 31: tenants[0].clients[1].accepted_client_secrets[0]: an empty string; expected a secret that is not empty',
    ],
  ],
  [
    'more secrets beside the client_secret than a rotation needs',
    [
      [
        '      - client_id: chat',
        '      - client_id: chat\n        client_secret: e\n        accepted_client_secrets: [a, b, c, d]',
      ],
    ],
    ['line 30: tenants[0].clients[1].accepted_client_secrets: a list; expected a list of at most 3 entries'],
  ],
  [
    'secrets that are accepted beside no client_secret',
    [['      - client_id: chat', '      - client_id: chat\n        accepted_client_secrets: [text]']],
    [
      'line 29: tenants[0].clients[1].accepted_client_secrets: a list; expected the client to have a client_secret, beside which they are accepted',
    ],
  ],
];

describe('several keys of a tenant and several secrets of a client', () => {
  it.each([
    ['keys with their certificates', signingKeys(`[${ACME}, ${NEXT}]`)],
    ['keys, of which the first one has a certificate', signingKeys(`[${ACME}, { key: { file: keys/next.pem } }]`)],
    ['keys without certificates', signingKeys('[{ key: { file: keys/acme.pem } }, { key: { file: keys/next.pem } }]')],
    ['one key', signingKeys(`[${NEXT}]`)],
  ])('are %s', (_what, edits) => {
    expect(diagnoseEdited(edits)).toEqual([]);
  });

  it.each(BROKEN)('are not %s', (_what, edits, diagnostics) => {
    expect(diagnoseEdited(edits)).toEqual(diagnostics);
  });
});
