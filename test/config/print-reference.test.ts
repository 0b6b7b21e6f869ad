import { expect, it } from 'vitest';
import { ADDONS } from '../../src/addons/index.js';
import { createConfigFields } from '../../src/config/fields.js';
import { printReference } from '../../src/config/print-reference.js';
import { gatewayJsonSchema } from '../../src/config/schema.js';

/** What follows the introduction. */
const printTables = (schema: object) => printReference(schema).replace(/^.*?(?=\| field)/s, '');

it('prints a table for each mapping, with types, defaults, and a link to the table of a field that is one', () => {
  const secret = {
    anyOf: [
      { type: 'string' },
      { type: 'object', properties: { env: { type: 'string' } } },
      { type: 'object', properties: { file: { type: 'string' } } },
    ],
  };
  const schema = {
    properties: {
      port: { type: 'integer', minimum: 0, maximum: 9, default: 4, description: 'The port.' },
      store: {
        anyOf: [
          { const: 'memory' },
          { $ref: '#/$defs/secret' },
          {
            type: 'object',
            properties: { urls: { type: 'array', items: { $ref: '#/$defs/secret' } } },
            required: ['urls'],
          },
        ],
        default: 'memory',
        description: 'A | B.',
      },
      clients: { type: 'array', items: { $ref: '#/$defs/client' }, default: [], description: 'Those.' },
      friends: { type: 'array', items: { $ref: '#/$defs/client' }, description: 'Others.' },
      callbacks: { deprecated: true, description: 'Not used.' },
    },
    required: ['friends'],
    $defs: {
      secret,
      client: {
        type: 'object',
        properties: {
          alg: { enum: ['HS256', 'RS256'], description: 'How.' },
          claims: {
            type: 'object',
            additionalProperties: { type: 'string', maxLength: 8 },
            default: {},
            description: 'Map.',
          },
        },
      },
    },
  };
  expect(printTables(schema)).toBe(`| field | type | default | |
|---|---|---|---|
| \`port\` | integer, 0 to 9 | \`4\` | The port. |
| \`store\` | \`memory\` or secret or mapping | \`memory\` | A \\| B. See [\`store\`](#store). |
| \`clients\` | list of: mapping | \`[]\` | Those. See [\`clients[]\`](#clients). |
| \`friends\` | list of: mapping | required | Others. See [\`clients[]\`](#clients). |

Parts of an Auth0 export that are accepted and not used: \`callbacks\`.

## \`store\`

A | B.

| field | type | default | |
|---|---|---|---|
| \`urls\` | list of: secret | required |  |

## \`clients[]\`

Those.

| field | type | default | |
|---|---|---|---|
| \`alg\` | \`HS256\`, \`RS256\` |  | How. |
| \`claims\` | mapping of names to: string of at most 8 characters |  | Map. |
`);
});

it('has every property of gateway.schema.json', () => {
  const schema = gatewayJsonSchema(
    createConfigFields(() => ''),
    ADDONS,
  );
  const names = new Set<string>();
  JSON.stringify(schema, (key, value) => {
    if (key === 'properties') for (const name of Object.keys(value)) names.add(name);
    return value;
  });
  const text = printReference(schema);
  expect(names.size).toBeGreaterThan(150);
  expect([...names].filter((name) => !text.includes(`\`${name}\``) && !text.includes(`{ ${name}: `))).toEqual([]);
});
