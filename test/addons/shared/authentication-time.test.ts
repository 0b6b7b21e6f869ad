import { describe, expect, it } from 'vitest';
import { readAuthenticationTime } from '../../../src/addons/shared/saml/assertion.js';
import { testClock } from '../../support/clock.js';
import { samlGateway } from '../../support/saml.js';

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

describe('the time at which a user authenticated', () => {
  const iat = NOW - 60;
  it.each<[string, unknown, number]>([
    ['now', NOW, NOW],
    ['a fraction of a second', NOW - 0.5, NOW - 1],
    ['the first second of 2000', 946_684_800, 946_684_800],
    ['before 2000', 946_684_799, iat],
    ['0, as for an unknown time', 0, iat],
    ['negative', -1, iat],
    ['in the future', NOW + 1, iat],
    ['in milliseconds', NOW * 1000, iat],
    ['beyond the range of dates', 1e300, iat],
    ['infinite', Number.NEGATIVE_INFINITY, iat],
    ['no number', Number.NaN, iat],
    ['a string', `${NOW - WEEK}`, iat],
    ['null', null, iat],
    ['absent', undefined, iat],
  ])('with an auth_time that is %s', (_what, auth_time, expected) => {
    expect(readAuthenticationTime({ auth_time, iat }, NOW)).toBe(expected);
  });

  it.each([
    ['5 s in the future, as far as clocks may differ', NOW + 5],
    ['before 2000', -1e300],
  ])('is now for a token without auth_time whose iat is %s', (_what, iat) => {
    expect(readAuthenticationTime({ iat }, NOW)).toBe(NOW);
  });
});
