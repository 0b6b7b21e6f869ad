import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../src/compare/compare.js';

/** A JWT with a signature that is long enough to be found in an output. */
function jwt(claims: object, header: object = {}): string {
  const input = [{ alg: 'RS256', typ: 'JWT', ...header }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${input}.${createHmac('sha512', 'key').update(input).digest('base64url')}`;
}

const OLD = { iss: 'https://acme.eu.auth0.com/', sub: 'auth0|alice', aud: 'chat', iat: 1000, exp: 4600, jti: 'a' };
const NEW = { ...OLD, iss: 'https://delegation.acme.example/', iat: 2000, exp: 5600, jti: 'b' };

const paths = (found: ReturnType<typeof compareAnswers>) => ({
  differences: found.differences.map(({ path }) => path),
  expected: found.expected.map(({ path, reason }) => `${path} ${reason}`),
});

describe('two tokens', () => {
  it('are the same but for the issuer, times, identifiers and the signature', () => {
    const found = compareAnswers(jwt(OLD, { kid: 'old' }), `${jwt(NEW, { kid: 'new' })}\n`);
    expect(paths(found)).toEqual({
      differences: [],
      expected: [
        'header.kid identifier',
        'claims.iss issuer',
        'claims.iat time',
        'claims.exp time',
        'claims.jti identifier',
        'signature credential',
      ],
    });
    expect(found.expected[1]).toEqual({
      path: 'claims.iss',
      old: '"https://acme.eu.auth0.com/"',
      new: '"https://delegation.acme.example/"',
      reason: 'issuer',
    });
  });

  it('have no difference where they are one token', () => {
    expect(compareAnswers(jwt(OLD), jwt(OLD))).toEqual({ differences: [], expected: [] });
  });

  it('differ in claims and header parameters, below them too', () => {
    const before = jwt({ ...OLD, role: 'editor', app: { plan: 'free', beta: true }, groups: ['a'] });
    const after = jwt({ ...OLD, app: { plan: 'paid', beta: true }, groups: ['a', 'b'], azp: 'web' }, { alg: 'PS256' });
    expect(compareAnswers(before, after).differences).toEqual([
      { path: 'header.alg', old: '"RS256"', new: '"PS256"' },
      { path: 'claims.role', old: '"editor"', new: undefined },
      { path: 'claims.app.plan', old: '"free"', new: '"paid"' },
      { path: 'claims.groups', old: '["a"]', new: '["a","b"]' },
      { path: 'claims.azp', old: undefined, new: '"web"' },
    ]);
  });

  it('differ where one lacks the jti, and in the type of a value', () => {
    const { jti: _jti, ...without } = OLD;
    expect(paths(compareAnswers(jwt({ ...OLD, n: 1 }), jwt({ ...without, n: '1' }))).differences).toEqual([
      'claims.jti',
      'claims.n',
    ]);
  });

  it('differ in how long they are valid', () => {
    expect(compareAnswers(jwt(OLD), jwt({ ...NEW, exp: 2060 })).differences).toEqual([
      { path: 'claims: exp - iat', old: '3600 s', new: '60 s' },
    ]);
  });

  it('show no token of a social login that a claim has', () => {
    const secret = 'ya29.the-access-token-of-a-social-login';
    const before = jwt({ ...OLD, identities: [{ access_token: secret }], note: jwt(NEW) });
    const found = compareAnswers(before, jwt({ ...OLD, identities: [], note: 'x' }));
    expect(found.differences).toEqual([
      { path: 'claims.identities', old: `[{"access_token":"(${secret.length} characters, not shown)"}]`, new: '[]' },
      { path: 'claims.note', old: expect.stringMatching(/^"\(\d+ characters, not shown\)"$/), new: '"x"' },
    ]);
  });
});

describe('two answers', () => {
  it('are compared by the tokens in them, and by their other members', () => {
    const before = { token_type: 'Bearer', expires_in: 36_000, id_token: jwt({ ...OLD, role: 'editor' }) };
    const after = { token_type: 'Bearer', expires_in: '36000', id_token: jwt(NEW), refresh_token: 'v1.secret' };
    const found = compareAnswers(JSON.stringify(before), JSON.stringify(after));
    expect(found.differences).toEqual([
      { path: 'expires_in', old: '36000', new: '"36000"' },
      { path: 'id_token.claims.role', old: '"editor"', new: undefined },
      { path: 'refresh_token', old: undefined, new: '"(9 characters, not shown)"' },
    ]);
    expect(found.expected.map(({ path }) => path)).toContain('id_token.signature');
  });

  it('with AWS credentials differ by the role', () => {
    const answer = (role: string, end: string, secret: string) =>
      JSON.stringify({
        Credentials: { AccessKeyId: `ASIA${secret}`, SecretAccessKey: secret, SessionToken: secret, Expiration: end },
        AssumedRoleUser: { Arn: `arn:aws:sts::123456789012:assumed-role/${role}/alice` },
      });
    const found = compareAnswers(
      answer('web', '2026-01-01T01:00:00Z', 'first'),
      answer('admin', '2026-01-01T02:00:00Z', 'second'),
    );
    expect(paths(found)).toEqual({
      differences: ['AssumedRoleUser.Arn'],
      expected: [
        'Credentials.AccessKeyId credential',
        'Credentials.SecretAccessKey credential',
        'Credentials.SessionToken credential',
        'Credentials.Expiration time',
      ],
    });
  });

  it('with shared access signatures differ by their parameters', () => {
    const blob = (permissions: string, start: string, sig: string) =>
      JSON.stringify({ azure_blob_sas: `sv=2020-12-06&st=${start}&se=${start}&sr=c&sp=${permissions}&sig=${sig}` });
    expect(paths(compareAnswers(blob('r', '2026-01-01', 'abc%3D'), blob('rw', '2026-01-02', 'def%3D')))).toEqual({
      differences: ['azure_blob_sas.sp'],
      expected: ['azure_blob_sas.st time', 'azure_blob_sas.se time', 'azure_blob_sas.sig credential'],
    });
    const bus = (name: string) =>
      JSON.stringify({ azure_sb_sas: `SharedAccessSignature sr=http%3A%2F%2Fx%2Fq&sig=${name}&se=1&skn=${name}` });
    expect(paths(compareAnswers(bus('send'), bus('listen'))).differences).toEqual(['azure_sb_sas.skn']);
  });

  it('show no part of a credential', () => {
    const secrets = ['first', 'second'].map((which) => `${which}-opaque-credential-0123456789`);
    const texts = secrets.map((secret, index) =>
      JSON.stringify({
        access_token: secret,
        unknown: { deeper: [secret] },
        azure_blob_sas: `sp=r&sig=${secret}`,
        id_token: jwt({ ...OLD, index, my_secret: secret }),
      }),
    );
    const found = JSON.stringify(compareAnswers(texts[0] ?? '', texts[1] ?? ''));
    expect(found).toContain('id_token.claims.index');
    for (const secret of secrets) expect(found).not.toContain(secret);
    expect(found).not.toMatch(/eyJ/);
    for (const text of texts) expect(found).not.toContain(JSON.parse(text).id_token.split('.')[2]);
  });
});

describe('what cannot be compared', () => {
  it.each([
    ['not a token', jwt(NEW), 'The old one is neither a JWT nor a JSON object'],
    [jwt(OLD), '["a"]', 'The new one is neither a JWT nor a JSON object'],
    [jwt(OLD), 'a.b.c', 'The new one is neither a JWT nor a JSON object'],
    [jwt(OLD), `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, 'The new one is neither a JWT nor a JSON object'],
    [jwt(OLD), JSON.stringify({ id_token: jwt(NEW) }), 'One is a token and the other one is an answer'],
  ])('is refused with one sentence that quotes nothing: %#', (before, after, message) => {
    expect(() => compareAnswers(before, after)).toThrow(new RegExp(`^${message}$`));
  });
});
