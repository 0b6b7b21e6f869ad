import { describe, expect, it } from 'vitest';
import { readAuthenticationTime } from '../../../src/addons/shared/saml/assertion.js';
import { readToken } from '../../support/answers.js';
import { testClock } from '../../support/clock.js';
import { samlGateway } from '../../support/saml.js';
import { upstream } from '../../support/upstream.js';

/** 2026-01-01T00:00:00Z, the time of the test clock. */
const NOW = 1_767_225_600;
const WEEK = 7 * 86_400;
const ROLE = {
  role: 'arn:aws:iam::123456789012:role/Reader',
  principal: 'arn:aws:iam::123456789012:saml-provider/acme',
};

/** Issues a credential and returns the AuthnStatement and the IssueInstant of the assertion that the service got. */
async function readInstants(addons: Record<string, unknown>, claims: Record<string, unknown>) {
  let xml = '';
  const fetch = (async (_url, init) => {
    const form = new URLSearchParams(`${init?.body}`);
    xml = Buffer.from(form.get('SAMLAssertion') ?? form.get('assertion') ?? '', 'base64').toString();
    return new Response('', { status: 503 });
  }) as typeof globalThis.fetch;
  const gateway = await samlGateway(addons, { clock: testClock(), deps: { fetch } });
  await gateway.issue('tokenType', { claims });
  return {
    authenticated: /<saml:AuthnStatement AuthnInstant="([^"]*)">/.exec(xml)?.[1],
    issued: /<saml:Assertion [^>]*IssueInstant="([^"]*)"/.exec(xml)?.[1],
    session: /SessionNotOnOrAfter/.exec(xml),
  };
}

describe.each([
  ['AWS', { aws: ROLE }],
  ['SAP', { sap_api: { clientid: 'gateway', servicePassword: 'p', tokenEndpointUrl: 'https://sap.example.com/' } }],
])('the AuthnInstant of an assertion for %s', (_service, addons) => {
  it('is the auth_time of the caller, a week before the issue of the assertion', async () => {
    expect(await readInstants(addons, { iat: NOW - 60, auth_time: NOW - WEEK })).toEqual({
      authenticated: '2025-12-25T00:00:00Z',
      issued: '2026-01-01T00:00:00Z',
      session: null,
    });
  });

  it('is the issue time of the token of a caller without auth_time', async () => {
    expect(await readInstants(addons, { iat: NOW - 3_600 })).toMatchObject({
      authenticated: '2025-12-31T23:00:00Z',
      issued: '2026-01-01T00:00:00Z',
    });
  });
});

describe('the AuthnInstant after a hop', () => {
  it.each([
    ['the auth_time of the sign-in', { auth_time: NOW - WEEK }, '2025-12-25T00:00:00Z'],
    ['the issue time of the first token, not that of the app token', {}, '2025-12-31T22:00:00Z'],
  ])('is %s', async (_what, claims, authenticated) => {
    const clock = testClock((NOW - 7_200) * 1000);
    const sts = await upstream((_request, response) => response.writeHead(503).end());
    const gateway = await samlGateway({ aws: { ...ROLE, sts_endpoint: `${sts.url}/` } }, { clock });
    const token = await gateway.idToken(claims);
    clock.advance(3_600_000);
    const renewed = readToken(await gateway.delegate({}, { token }));
    clock.advance(3_600_000);
    await gateway.delegate({ target: 'target' }, { token: renewed });
    const xml = Buffer.from(new URLSearchParams(sts.bodies[0]).get('SAMLAssertion') ?? '', 'base64').toString();
    expect(/<saml:AuthnStatement AuthnInstant="([^"]*)">/.exec(xml)?.[1]).toBe(authenticated);
  });
});

describe('the time at which a user authenticated', () => {
  const chain_iat = NOW - 60;
  it.each<[string, unknown, number]>([
    ['now', NOW, NOW],
    ['a fraction of a second', NOW - 0.5, NOW - 1],
    ['the first second of 2000', 946_684_800, 946_684_800],
    ['before 2000', 946_684_799, chain_iat],
    ['0, as for an unknown time', 0, chain_iat],
    ['negative', -1, chain_iat],
    ['in the future', NOW + 1, chain_iat],
    ['in milliseconds', NOW * 1000, chain_iat],
    ['beyond the range of dates', 1e300, chain_iat],
    ['infinite', Number.NEGATIVE_INFINITY, chain_iat],
    ['no number', Number.NaN, chain_iat],
    ['a string', `${NOW - WEEK}`, chain_iat],
    ['null', null, chain_iat],
    ['absent', undefined, chain_iat],
  ])('with an auth_time that is %s', (_what, auth_time, expected) => {
    expect(readAuthenticationTime({ auth_time, chain_iat }, NOW)).toBe(expected);
  });

  it.each([
    ['5 s in the future, as far as clocks may differ', NOW + 5],
    ['before 2000', -1e300],
  ])('is now for a token without auth_time whose chain began %s', (_what, chain_iat) => {
    expect(readAuthenticationTime({ chain_iat }, NOW)).toBe(NOW);
  });
});
