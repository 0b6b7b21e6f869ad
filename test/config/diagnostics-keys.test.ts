import { describe, expect, it } from 'vitest';
import { type Broken, diagnoseEdited, WEB_SECRET } from './good-file.js';

const HTTPS = 'an https URL without credentials or fragment (http for loopback hosts only)';

/** What is wrong, the edits of the valid file that make it so, and every diagnostic that is reported. */
const BROKEN: readonly Broken[] = [
  [
    'an issuer over http',
    [['issuer: https://acme.example.com/', 'issuer: http://acme.example.com/']],
    [`line 10: tenants[0].issuer: a string; expected ${HTTPS}`],
  ],
  [
    'a URL with a user name and a password',
    [['https://login.example.com/.well-known', `https://user:${WEB_SECRET}@login.example.com/.well-known`]],
    [`line 19: tenants[0].issuers[0].jwks_uri: a string; expected ${HTTPS}`],
  ],
  [
    'a URL with a fragment',
    [
      [
        `jwks.json
      - issuer`,
        `jwks.json#keys
      - issuer`,
      ],
    ],
    [`line 19: tenants[0].issuers[0].jwks_uri: a string; expected ${HTTPS}`],
  ],
  [
    'a URL without a scheme',
    [['https://acme.example.com/', 'acme.example.com']],
    [`line 10: tenants[0].issuer: a string; expected ${HTTPS}`],
  ],
  [
    'a file URL',
    [['https://login.other.example.com/jwks.json', 'file:///etc/passwd']],
    [`line 42: tenants[1].issuers[0].jwks_uri: a string; expected ${HTTPS}`],
  ],
  [
    'a host that only begins like a loopback address',
    [['https://login.other.example.com/jwks.json', 'http://127.0.0.1.example.com/']],
    [`line 42: tenants[1].issuers[0].jwks_uri: a string; expected ${HTTPS}`],
  ],
  [
    'a host with a line feed, which the parser of URLs removes',
    [['https://login.other.example.com/jwks.json', '"https://login.other.example.com\\n.evil.example/"']],
    [`line 42: tenants[1].issuers[0].jwks_uri: a string; expected ${HTTPS}`],
  ],
  [
    'an HS256 secret that is too short',
    [['env: WEB_SECRET', 'env: SHORT_SECRET']],
    [
      'line 25: tenants[0].clients[0].client_secret: a mapping; expected a secret of at least 32 bytes, as HS256 demands',
    ],
  ],
  [
    'an HS256 client without a secret',
    [
      [
        `        client_secret: { env: WEB_SECRET }
`,
        '',
      ],
    ],
    [
      'line 24: tenants[0].clients[0].client_secret: missing; expected a secret, because jwt_configuration.alg is HS256',
    ],
  ],
  [
    'an encoded secret that is not base64',
    [
      ['lifetime_in_seconds: 36000', 'secret_encoded: true'],
      ['{ env: WEB_SECRET }', 'not base64, and long enough for any hash!'],
    ],
    [
      'line 25: tenants[0].clients[0].client_secret: a string; expected base64 or base64url, because jwt_configuration.secret_encoded is true',
    ],
  ],
  [
    'a base64 secret of an impossible length',
    [
      ['lifetime_in_seconds: 36000', 'secret_encoded: true'],
      ['{ env: WEB_SECRET }', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ],
    [
      'line 25: tenants[0].clients[0].client_secret: a string; expected base64 or base64url, because jwt_configuration.secret_encoded is true',
    ],
  ],
  [
    'a variable that is not set',
    [['env: WEB_SECRET', 'env: OTHER_SECRET']],
    [
      'line 25: tenants[0].clients[0].client_secret: a mapping; expected the environment variable OTHER_SECRET to be set',
    ],
  ],
  ...['constructor', 'toString', '__proto__'].map(
    (name): Broken => [
      `a variable that is not set, and that every object has: ${name}`,
      [['env: WEB_SECRET', `env: ${name}`]],
      [
        'line 25: tenants[0].clients[0].client_secret: a mapping; expected the environment variable that it names to be set',
      ],
    ],
  ),
  [
    'a secret in a device that does not end',
    [['{ env: WEB_SECRET }', '{ file: /dev/zero }']],
    [
      'line 25: tenants[0].clients[0].client_secret: a mapping; expected the file that it names to be readable (not a regular file)',
    ],
  ],
  [
    'a variable that is empty',
    [['env: WEB_SECRET', 'env: EMPTY']],
    ['line 25: tenants[0].clients[0].client_secret: a mapping; expected the environment variable EMPTY to be set'],
  ],
  [
    'a secret where the name of its variable belongs',
    [['env: WEB_SECRET', `env: ${WEB_SECRET}`]],
    [
      'line 25: tenants[0].clients[0].client_secret: a mapping; expected the environment variable that it names to be set',
    ],
  ],
  [
    'a secret of capitals and digits where the name of its variable belongs',
    [['env: WEB_SECRET', 'env: JBSWY3DPEHPK3PXPJBSWY3DP']],
    [
      'line 25: tenants[0].clients[0].client_secret: a mapping; expected the environment variable that it names to be set',
    ],
  ],
  [
    'a secret where the path of its file belongs',
    [['{ env: WEB_SECRET }', `{ file: ${WEB_SECRET} }`]],
    [
      'line 25: tenants[0].clients[0].client_secret: a mapping; expected the file that it names to be readable (ENOENT)',
    ],
  ],
  [
    'a secret from two sources',
    [['{ env: WEB_SECRET }', '{ env: WEB_SECRET, file: web.txt }']],
    ['line 25: tenants[0].clients[0].client_secret: a mapping; expected a string, { env: NAME } or { file: path }'],
  ],
  [
    'a secret as a number',
    [['{ env: WEB_SECRET }', '12345678901234567890']],
    ['line 25: tenants[0].clients[0].client_secret: a number; expected a string, { env: NAME } or { file: path }'],
  ],
  [
    'a key file that does not exist',
    [['keys/acme.pem', 'keys/acme.key']],
    ['line 11: tenants[0].signing_key: a mapping; expected the file keys/acme.key to be readable (ENOENT)'],
  ],
  [
    'a key file that is a folder',
    [['{ file: keys/acme.pem }', '{ file: keys }']],
    ['line 11: tenants[0].signing_key: a mapping; expected the file that it names to be readable (EISDIR)'],
  ],
  [
    'a truncated key',
    [['keys/acme.pem', 'keys/garbage.pem']],
    ['line 11: tenants[0].signing_key: a mapping; expected an unencrypted RSA private key in PEM form'],
  ],
  [
    'a certificate in place of a key',
    [['keys/acme.pem', 'keys/acme.crt']],
    ['line 11: tenants[0].signing_key: a mapping; expected an unencrypted RSA private key in PEM form'],
  ],
  [
    'an EC key',
    [['keys/firebase.pem', 'keys/ec.pem']],
    [
      'line 34: tenants[0].clients[1].addons.firebase.private_key: a mapping; expected an RSA private key, not one of type ec',
    ],
  ],
  [
    'an RSA key of 1024 bits',
    [['keys/firebase.pem', 'keys/small.pem']],
    [
      'line 34: tenants[0].clients[1].addons.firebase.private_key: a mapping; expected an RSA private key of at least 2048 bits with exponent 65537; this is an RSA key of fewer than 2048 bits',
    ],
  ],
  [
    'an RSA key with the exponent 3',
    [['keys/firebase.pem', 'keys/exponent.pem']],
    [
      'line 34: tenants[0].clients[1].addons.firebase.private_key: a mapping; expected an RSA private key of at least 2048 bits with exponent 65537; this is an RSA key with an exponent below 65537',
    ],
  ],
  [
    'the certificate of another key',
    [['keys/acme.crt', 'keys/other.crt']],
    ['line 12: tenants[0].certificate: a mapping; expected the certificate of signing_key'],
  ],
  [
    'a key in place of a certificate',
    [['keys/acme.crt', 'keys/acme.pem']],
    ['line 12: tenants[0].certificate: a mapping; expected an X.509 certificate in PEM form'],
  ],
  [
    'a certificate without a key',
    [
      [
        `    signing_key: { file: keys/acme.pem }
`,
        '',
      ],
    ],
    ['line 11: tenants[0].certificate: a mapping; expected the tenant to have the signing_key that it belongs to'],
  ],
  [
    'RS256 for a client of a tenant without a signing_key',
    [
      [
        `jwks.json
    clients:
      - client_id: web
`,
        `jwks.json
    clients:
      - client_id: web
        jwt_configuration: { alg: RS256 }
`,
      ],
    ],
    [
      'line 45: tenants[1].clients[0].jwt_configuration.alg: a string; expected the tenant to have a signing_key for RS256',
    ],
  ],
  [
    'neither jwks_uri nor jwks',
    [
      [
        `        jwks_uri: https://login.example.com/.well-known/jwks.json
`,
        '',
      ],
    ],
    ['line 16: tenants[0].issuers[0].jwks_uri: missing; expected jwks_uri or jwks, to verify RS256 with'],
  ],
  [
    'both jwks_uri and jwks',
    [
      [
        '        jwks: { file: keys/old.json }',
        `        jwks: { file: keys/old.json }
        jwks_uri: https://old.example.com/jwks.json`,
      ],
    ],
    ['line 22: tenants[0].issuers[1].jwks: a mapping; expected jwks_uri or jwks, not both'],
  ],
  [
    'both jwks_uri and jwks of a client',
    [
      [
        '        client_secret: { env: WEB_SECRET }',
        '        client_secret: { env: WEB_SECRET }\n        jwks: { file: keys/old.json }\n        jwks_uri: https://web.example.com/jwks.json',
      ],
    ],
    ['line 26: tenants[0].clients[0].jwks: a mapping; expected jwks_uri or jwks, not both'],
  ],
  [
    'a client that must authenticate and cannot',
    [['      - client_id: chat', '      - client_id: chat\n        require_authentication: true']],
    [
      'line 29: tenants[0].clients[1].require_authentication: a boolean; expected the client to have a client_secret, jwks or jwks_uri',
    ],
  ],
  [
    'a jwks_uri of a client over http',
    [['      - client_id: chat', '      - client_id: chat\n        jwks_uri: http://chat.example.com/jwks.json']],
    [`line 29: tenants[0].clients[1].jwks_uri: a string; expected ${HTTPS}`],
  ],
  [
    'a JWKS of a weak key',
    [['keys/old.json', 'keys/small.json']],
    [
      'line 22: tenants[0].issuers[1].jwks: a mapping; expected a JWKS with at least one usable key (keys[0] is an RSA key of fewer than 2048 bits)',
    ],
  ],
  [
    'a JWKS of a shared secret',
    [['keys/old.json', 'keys/oct.json']],
    [
      'line 22: tenants[0].issuers[1].jwks: a mapping; expected a JWKS with at least one usable key (keys[0] is a shared secret, which has no place in a JWKS)',
    ],
  ],
  [
    'a JWKS without keys',
    [['keys/old.json', 'keys/none.json']],
    ['line 22: tenants[0].issuers[1].jwks: a mapping; expected a JWKS with at least one usable key (it is empty)'],
  ],
  [
    'a JWKS that is a bare list',
    [['keys/old.json', 'keys/list.json']],
    ['line 22: tenants[0].issuers[1].jwks: a mapping; expected a JWKS, which has an array "keys"'],
  ],
  [
    'a JWKS that is not JSON',
    [['keys/old.json', 'keys/acme.pem']],
    ['line 22: tenants[0].issuers[1].jwks: a mapping; expected a file that holds JSON'],
  ],
  [
    'an unknown algorithm',
    [['[RS256, HS256]', '[none]']],
    ['line 18: tenants[0].issuers[0].algorithms[0]: a string; expected one of HS256, RS256, PS256, ES256, EdDSA'],
  ],
  [
    'no algorithm',
    [['[RS256, HS256]', '[]']],
    ['line 18: tenants[0].issuers[0].algorithms: an empty list; expected a list of at least 1 entry'],
  ],
];

describe('URLs, secrets and keys that cannot be used', () => {
  it.each(BROKEN)('%s', (_what, edits, diagnostics) => {
    expect(diagnoseEdited(edits)).toEqual(diagnostics);
  });
});
