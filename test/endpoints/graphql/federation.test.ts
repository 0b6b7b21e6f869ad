import { buildSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { ADDONS } from '../../../src/addons/index.js';
import { printGatewaySchema, printSubgraphSchema } from '../../../src/endpoints/graphql/schema/schema.js';
import { testGateway } from '../../support/gateway.js';

const SERVICE = '{ _service { sdl } }';

const federated = (graphql: object = {}) =>
  testGateway((config) => Object.assign(config, { graphql: { federation: true, ...graphql } }));

describe('a subgraph of Apollo Federation', () => {
  it('is the printed schema with @link and a definition of @oneOf', () => {
    const sdl = printSubgraphSchema(ADDONS);
    expect(sdl).toMatch(/^extend schema @link\(url: "https:\/\/specs\.apollo\.dev\/federation\/v2\.0"\)$/m);
    expect(sdl).toMatch(/^directive @oneOf on INPUT_OBJECT$/m);
    expect(sdl.endsWith(printGatewaySchema(ADDONS))).toBe(true);
    expect(() => parse(sdl)).not.toThrow();
  });

  it.each([true, false])(
    'has _service where it is configured, without a token; introspection: %s',
    async (introspection) => {
      const gateway = await federated({ introspection });
      const { status, data, errors } = await gateway.graphql(SERVICE);
      expect({ status, errors }).toEqual({ status: 200, errors: undefined });
      expect(data._service.sdl).toBe(printSubgraphSchema(ADDONS));
      expect((await gateway.delegate({ target: 'api' }, { token: await gateway.idToken() })).errors).toBeUndefined();
    },
  );

  it('has no _service otherwise', async () => {
    const { data, errors } = await (await testGateway()).graphql(SERVICE);
    expect([data, errors?.[0].extensions.code]).toEqual([undefined, 'GRAPHQL_VALIDATION_FAILED']);
    expect(buildSchema(printGatewaySchema(ADDONS)).getType('_Service')).toBeUndefined();
  });

  it.each(['{ a: _service { sdl } b: _service { sdl } }', '{ _service { a: sdl b: sdl } }'])(
    'returns the schema once in an answer: %s',
    async (query) => {
      for (const introspection of [true, false]) {
        const { status, errors } = await (await federated({ introspection })).graphql(query);
        expect([status, errors?.[0].message]).toEqual([400, 'The document has aliases within introspection']);
      }
    },
  );
});
