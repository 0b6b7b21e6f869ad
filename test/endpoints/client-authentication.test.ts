import { describe, expect, it } from 'vitest';
import {
  ASSERTION_TYPE,
  type AuthenticationGateway,
  authenticationGateway,
  BACKEND_SECRET,
  OTHER_SECRET,
  toParameters,
} from '../support/client-authentication.js';
import { GRANT_TYPE, postForm, postJson, postLegacy } from '../support/legacy.js';

const formEncode = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
const basic = (id: string, secret: string, scheme = 'Basic') =>
  `${scheme} ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const BASIC = basic('backend', formEncode(BACKEND_SECRET));

/** What a request has beside client_id, grant_type and id_token; whether it authenticates, or how it is refused. */
type Row = readonly [
  what: string,
  parameters: Record<string, string> | ((gateway: AuthenticationGateway) => Record<string, string>),
  authorization: string | undefined,
  outcome: boolean | string,
];

const ONE_WAY = 'The client must authenticate in one way only';
const TOGETHER = 'client_assertion and client_assertion_type must be given together';
const MALFORMED = 'The Authorization header must hold base64 of client_id:client_secret after Basic';
const SECRET = { client_secret: BACKEND_SECRET };

const ROWS: readonly Row[] = [
  ['nothing', {}, undefined, false],
  ['client_secret', SECRET, undefined, true],
  ['Basic credentials', {}, BASIC, true],
  ['Basic credentials in lower case, with spaces', {}, `${BASIC.replace('Basic', 'basic  ')} `, true],
  ['a client assertion', (gateway) => toParameters({ assertion: gateway.assertion() }), undefined, true],
  ['empty parameters', { client_secret: '', client_assertion: '', client_assertion_type: '' }, undefined, false],
  ['an empty parameter and Basic credentials', { client_secret: '' }, BASIC, true],
  ['Basic credentials without a secret, as a public client has', {}, basic('backend', ''), false],
  ['a Bearer header, which is no authentication', {}, 'Bearer a-token-that-nobody-reads', false],
  ['client_secret and a Bearer header', SECRET, 'Bearer a-token-that-nobody-reads', true],
  ['client_secret and the same in Basic credentials', SECRET, BASIC, ONE_WAY],
  [
    'client_secret and an assertion',
    (gateway) => ({ ...SECRET, ...toParameters({ assertion: gateway.assertion() }) }),
    undefined,
    ONE_WAY,
  ],
  ['Basic credentials and an assertion', (gateway) => toParameters({ assertion: gateway.assertion() }), BASIC, ONE_WAY],
  ['an assertion without its type', { client_assertion: 'a.b.c' }, undefined, TOGETHER],
  ['a type without an assertion', { client_assertion_type: ASSERTION_TYPE }, undefined, TOGETHER],
  [
    'an assertion of another type',
    { client_assertion: 'a.b.c', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' },
    undefined,
    `client_assertion_type must be ${ASSERTION_TYPE}`,
  ],
  [
    'Basic credentials of another client',
    {},
    basic('other', OTHER_SECRET),
    'The client_id of the Authorization header must be the parameter client_id',
  ],
  ['Basic and nothing', {}, 'Basic', MALFORMED],
  ['Basic credentials without a colon', {}, `Basic ${btoa('backend')}`, MALFORMED],
  ['Basic credentials that are not base64', {}, 'Basic backend:secret', MALFORMED],
  ['two Basic credentials', {}, `${BASIC}, ${BASIC}`, MALFORMED],
  [
    'a broken escape in Basic credentials',
    {},
    basic('backend', '%zz'),
    'The halves of the Basic credentials must be form-urlencoded (RFC 6749 §2.3.1)',
  ],
];

describe('POST /delegation with', () => {
  it.each(ROWS)('%s', async (_what, parameters, authorization, outcome) => {
    const gateway = await authenticationGateway();
    const { body, status } = await postForm(
      gateway,
      {
        client_id: 'backend',
        id_token: await gateway.idToken({ aud: 'backend' }),
        ...(typeof parameters === 'function' ? parameters(gateway) : parameters),
      },
      { headers: authorization === undefined ? {} : { authorization } },
    );
    if (typeof outcome === 'string') {
      expect([status, body]).toEqual([400, { error: 'invalid_request', error_description: outcome }]);
    } else {
      expect([status, gateway.log.audits()[0]?.authenticated]).toEqual([200, outcome]);
    }
  });

  it('Basic credentials whose secret is wrong is UNAUTHORIZED_CLIENT', async () => {
    const gateway = await authenticationGateway();
    const headers = { authorization: basic('backend', formEncode(OTHER_SECRET)) };
    const id_token = await gateway.idToken({ aud: 'backend' });
    const { body, status } = await postForm(gateway, { client_id: 'backend', id_token }, { headers });
    expect([status, body.error]).toEqual([403, 'unauthorized_client']);
  });

  it('Basic credentials and no id_token has no token: the header is not taken for one', async () => {
    const gateway = await authenticationGateway();
    const { body } = await postForm(gateway, { client_id: 'backend' }, { headers: { authorization: BASIC } });
    expect(body.error_description).toBe('Exactly one of id_token and refresh_token must be given');
  });

  it.each(['client_secret', 'client_assertion', 'client_assertion_type'])(
    '%s twice, or not as a string',
    async (name) => {
      const gateway = await authenticationGateway();
      const form = new URLSearchParams({
        grant_type: GRANT_TYPE,
        client_id: 'backend',
        id_token: 'a.b.c',
        [name]: 'a',
      });
      form.append(name, '');
      const twice = await postLegacy(gateway, form.toString(), 'application/x-www-form-urlencoded');
      expect([twice.status, twice.body.error_description]).toEqual([400, `${name} is given twice`]);
      const number = await postJson(gateway, { client_id: 'backend', id_token: 'a.b.c', [name]: 7 });
      expect([number.status, number.body.error_description]).toEqual([400, `${name} must be a string`]);
    },
  );
});

describe('GET /delegation, for JSONP,', () => {
  const get = async (gateway: AuthenticationGateway, parameters: Record<string, string>, headers = {}) => {
    const id_token = await gateway.idToken({ aud: 'backend' });
    const query = new URLSearchParams({
      cbx: 'f',
      grant_type: GRANT_TYPE,
      client_id: 'backend',
      id_token,
      ...parameters,
    });
    const request = new Request(`http://gateway.test/delegation?${query}`, { headers });
    return (await gateway.fetch(request, { remoteAddress: '192.0.2.1' })).text();
  };
  const jsonp = () =>
    authenticationGateway(({ tenants }) => Object.assign(tenants[0] ?? {}, { legacy: { jsonp: true } }));

  it.each(['client_secret', 'client_assertion'])('refuses %s in its URL', async (name) => {
    const gateway = await jsonp();
    expect(await get(gateway, { [name]: BACKEND_SECRET, client_assertion_type: '' })).toContain(
      `"error":"invalid_request","error_description":"${name} must not be in a URL"`,
    );
  });

  it('ignores Basic credentials, which a browser may add by itself', async () => {
    const gateway = await jsonp();
    expect(await get(gateway, {}, { authorization: BASIC })).toMatch(/^f\(\{"token_type":"Bearer"/);
    expect(gateway.log.audits()).toMatchObject([{ audit: 'sd', authenticated: false }]);
  });
});

describe('/graphql', () => {
  const authentications: Record<string, unknown> = {
    both: { secret: BACKEND_SECRET, assertion: 'a.b.c' },
    none: {},
    null: { secret: null },
    'a null beside the secret': { secret: BACKEND_SECRET, assertion: null },
    'a number': { secret: 1234567890123456 },
    'another field': { password: BACKEND_SECRET },
  };

  it.each(Object.keys(authentications))(
    'refuses a clientAuthentication with %s, and repeats nothing of it',
    async (what) => {
      const gateway = await authenticationGateway();
      const token = await gateway.idToken({ aud: 'backend' });
      const input = { clientAuthentication: authentications[what] };
      const { status, errors, text } = await gateway.delegate(input, { token });
      expect(errors?.length).toBeGreaterThan(0);
      expect([status, gateway.log.audits()]).toEqual([400, []]);
      expect(text).not.toMatch(/secret of backend|1234567890/);
    },
  );

  it('takes Basic credentials neither for a token nor for authentication', async () => {
    const gateway = await authenticationGateway();
    const idToken = await gateway.idToken({ aud: 'backend' });
    const headers = { authorization: BASIC };
    const { errors } = await gateway.delegate({ clientId: 'backend' }, { headers });
    expect(errors?.[0].message).toBe('There is no subjectToken, and no Authorization: Bearer header');
    await gateway.delegate({ subjectToken: { idToken } }, { headers });
    expect(gateway.log.audits().at(-1)).toMatchObject({ audit: 'sd', authenticated: false });
  });
});
