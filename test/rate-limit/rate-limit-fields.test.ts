import { parseList } from 'structured-headers';
import { expect, it } from 'vitest';
import { testGateway } from '../support/gateway.js';
import { postForm } from '../support/legacy.js';

/** The items of a field, as a parser of RFC 9651 reads it. */
function readItems(headers: Headers, name: string): [unknown, Record<string, unknown>][] {
  return parseList(headers.get(name) ?? '').map(([value, parameters]) => [value, Object.fromEntries(parameters)]);
}

it('RateLimit-Policy lists both limits, each with its size and the seconds in which it fills', async () => {
  const gateway = await testGateway();
  const { headers } = await gateway.delegate({ target: 'api' }, { token: await gateway.idToken() });
  expect(readItems(headers, 'ratelimit-policy')).toEqual([
    ['user-address', { q: 10, w: 600 }],
    ['user', { q: 60, w: 600 }],
  ]);
});

it('RateLimit has what remains and the seconds until one more is added, also of an empty bucket', async () => {
  const gateway = await testGateway();
  const token = await gateway.idToken();
  const readLimit = async () => readItems((await gateway.delegate({ target: 'api' }, { token })).headers, 'ratelimit');
  expect(await readLimit()).toEqual([['user-address', { r: 9, t: 60 }]]);
  gateway.clock.advance(20_000);
  expect(await readLimit()).toEqual([['user-address', { r: 8, t: 40 }]]);
  for (let request = 0; request < 8; request++) await readLimit();
  expect(await readLimit()).toEqual([['user-address', { r: 0, t: 40 }]]);
});

it('RateLimit names the tighter limit', async () => {
  const per_user = { burst: 2, refill_per_minute: 4 };
  const gateway = await testGateway((config) => Object.assign(config, { rate_limit: { per_user } }));
  const { headers } = await gateway.delegate({ target: 'api' }, { token: await gateway.idToken() });
  expect(readItems(headers, 'ratelimit')).toEqual([['user', { r: 1, t: 15 }]]);
  expect(readItems(headers, 'ratelimit-policy')).toContainEqual(['user', { q: 2, w: 30 }]);
});

it('the fields are also at POST /delegation, with the same numbers as X-RateLimit-*', async () => {
  const gateway = await testGateway();
  const { headers } = await postForm(gateway, { target: 'api', id_token: await gateway.idToken() });
  expect(readItems(headers, 'ratelimit')).toEqual([
    ['user-address', { r: Number(headers.get('x-ratelimit-remaining')), t: 60 }],
  ]);
});

it('what reads the limit and takes nothing has no fields', async () => {
  const gateway = await testGateway();
  const { headers } = await gateway.graphql('{ viewer { rateLimit { remaining } } }', {
    token: await gateway.idToken(),
  });
  expect([headers.has('ratelimit'), headers.has('ratelimit-policy')]).toEqual([false, false]);
});
