import { beforeAll, describe, expect, it } from 'vitest';
import { type CallerGateway, callerGateway, refusal } from '../support/caller.js';
import { testClock } from '../support/clock.js';
import {
  flipBit,
  type JwsVector,
  listSignatures,
  readVectors,
  refuseKey,
  verifyByGateway,
  verifyByNode,
} from './vector.js';

/**
 * The examples of RFC 7515, appendix A and E. Those of A.1 to A.3 have the claims of an issuer "joe", and neither `aud` nor
 * `iat`: the refusal for the missing audience says that the signature was valid, because it is checked before.
 */
const VECTORS = new Map(readVectors<JwsVector[]>('rfc7515.json').map((each) => [each.section, each]));
const find = (section: string) => VECTORS.get(section) as JwsVector;

const NO_AUDIENCE = refusal('its audience (aud) must be a string or a list of strings');
const NOT_VALID = refusal('its signature is not valid');
const NOT_COMPACT = refusal('it is not a JWT in compact form');

/** `exp` of the examples is 2011-03-22T18:43:00Z. */
const BEFORE_EXPIRY = Date.UTC(2011, 2, 22, 18);

let gateway: CallerGateway;
beforeAll(async () => {
  gateway = await callerGateway(
    ({ tenants: [tenant] }) => {
      Object.assign(tenant!.issuers[0]!, {
        issuer: 'joe',
        jwks: { keys: [find('A.2').key, find('A.3').key, find('A.4').key] },
      });
      tenant!.clients.push({
        client_id: 'mac',
        name: 'MAC',
        client_secret: find('A.1').key.k,
        jwt_configuration: { alg: 'HS256', secret_encoded: true },
      } as never);
    },
    { clock: testClock(BEFORE_EXPIRY) },
  );
});

it.each(['A.1', 'A.2', 'A.3', 'A.4'])('%s is copied without a mistake: node:crypto verifies it', (section) => {
  const { alg, key, ...vector } = find(section);
  const [{ input, signature }] = listSignatures(vector) as [{ input: string; signature: string }];
  expect(verifyByNode(alg, key, input, signature)).toBe(true);
});

describe.each([
  ['A.1', 'HS256', 'mac'],
  ['A.2', 'RS256', 'web'],
  ['A.3', 'ES256', 'web'],
] as const)('%s, signed with %s', (section, alg, clientId) => {
  it('verifies, and is refused only for the audience that it does not have', async () => {
    const { serialized, key } = find(section);
    expect(verifyByGateway(alg, key, serialized)).toBe(true);
    expect(await gateway.ask(serialized, clientId)).toBe(NO_AUDIENCE);
  });

  it('does not verify with one bit of its signature or its payload changed', async () => {
    const { serialized, key } = find(section);
    for (const part of [1, 2]) {
      expect(verifyByGateway(alg, key, flipBit(serialized, part))).toBe(false);
    }
    expect(await gateway.ask(flipBit(serialized, 2), clientId)).toBe(NOT_VALID);
    const [header, payload = '', signature] = serialized.split('.');
    const claims = Buffer.from(payload, 'base64url').toString().replace('true', 'null');
    const changed = `${header}.${Buffer.from(claims).toString('base64url')}.${signature}`;
    expect(await gateway.ask(changed, clientId)).toBe(NOT_VALID);
  });

  it('does not verify as a token of another client, whose algorithm is another one', async () => {
    const [other, required] = clientId === 'web' ? ['mac', 'HS256'] : ['web', 'RS256 or PS256 or ES256 or EdDSA'];
    expect(await gateway.ask(find(section).serialized, other)).toBe(refusal(`its algorithm (alg) must be ${required}`));
  });
});

it('A.4, signed with ES512, is refused: its payload is no claims set, and its key fits no algorithm of the gateway', async () => {
  const { serialized, key } = find('A.4');
  expect(await gateway.ask(serialized, 'web')).toBe(refusal('its payload is not JSON'));
  expect(refuseKey(key)).toBe('a JWKS with at least one usable key (keys[0] fits no supported algorithm)');
});

it('A.5, unsecured, is refused because it has no signature', async () => {
  expect(await gateway.ask(find('A.5').serialized, 'web')).toBe(refusal('it has no signature'));
});

it('A.5 is refused with a signature too, because "none" is no algorithm', async () => {
  expect(await gateway.ask(`${find('A.5').serialized}AA`, 'web')).toBe(
    refusal('its algorithm (alg) must be RS256 or PS256 or ES256 or EdDSA'),
  );
});

it.each([
  ['A.6', 'general'],
  ['A.7', 'flattened'],
])('%s, the %s JSON serialization, is refused although its signatures are those of A.2 and A.3', async (section) => {
  const found = listSignatures(find(section)).map(({ input, signature }) => `${input}.${signature}`);
  expect(found).toEqual((section === 'A.6' ? ['A.2', 'A.3'] : ['A.3']).map((each) => find(each).serialized));
  expect(await gateway.ask(find(section).serialized, 'web')).toBe(NOT_COMPACT);
});

it('E, with a critical extension that nobody knows, is refused', async () => {
  const { serialized } = find('E');
  expect(await gateway.ask(serialized, 'web')).toBe(refusal('it has no signature'));
  // Its payload is "FAIL", which is no claims set: so that crit is what is left to refuse, the payload is that of A.2.
  const [header, payload] = [serialized.split('.')[0], find('A.2').serialized.split('.')[1]];
  expect(await gateway.ask(`${header}.${payload}.AA`, 'web')).toBe(
    refusal('its header has crit, and no extension is supported'),
  );
});
