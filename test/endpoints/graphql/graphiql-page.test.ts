import { expect, it } from 'vitest';
import { testGateway } from '../../support/gateway.js';

it('GraphiQL is the same bytes for every reader, so that slow readers cost no 9 MB each', async () => {
  const gateway = await testGateway((config) => Object.assign(config, { graphiql: true }));
  const memory = async () => {
    const request = new Request('http://gateway.test/graphql', { headers: { accept: 'text/html' } });
    const { body } = await gateway.fetch(request);
    const { value } = (await body?.getReader().read()) ?? {};
    return (value as Uint8Array).buffer;
  };
  const first = await memory();
  expect(first.byteLength).toBeGreaterThan(1_000_000);
  // Compared here, because a difference of 9 MB takes long to print.
  expect((await memory()) === first).toBe(true);
});
