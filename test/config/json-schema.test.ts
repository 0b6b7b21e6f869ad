import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ADDONS } from '../../src/addons/index.js';
import { createConfigFields } from '../../src/config/fields.js';
import { gatewayJsonSchema } from '../../src/config/schema.js';

interface Node {
  readonly $ref?: string;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: unknown;
  readonly required?: readonly string[];
  readonly [key: string]: unknown;
}

const schema = gatewayJsonSchema(
  createConfigFields(() => ''),
  ADDONS,
) as Node & { readonly $defs?: Readonly<Record<string, Node>> };

/** The node at a path of properties, with references followed. `[]` stands for the items of a list. */
function at(path: string): Node {
  return path
    .split('.')
    .reduce((node, step) => follow(step === '[]' ? node.items : follow(node).properties?.[step]), follow(schema));
}

function follow(node: Node | undefined): Node {
  if (!node) throw new Error('There is nothing at this path of the schema');
  const name = node.$ref?.replace('#/$defs/', '');
  return name === undefined ? node : { ...follow(schema.$defs?.[name]), ...node };
}

const CLIENT = 'tenants.[].clients.[]';

describe('gateway.schema.json, as editors use it,', () => {
  it.each([
    ['tenants.[].signing_key'],
    ['tenants.[].certificate'],
    ['tenants.[].signing_keys.[].key'],
    ['tenants.[].signing_keys.[].certificate'],
    [`${CLIENT}.accepted_client_secrets.[]`],
    [`${CLIENT}.client_secret`],
    [`${CLIENT}.addons.firebase.private_key`],
    [`${CLIENT}.addons.firebase.secret`],
  ])('accepts a text, a variable or a file for %s', (path) => {
    const forms = at(path)
      .anyOf?.map(follow)
      .map((form) => [form.type, ...Object.keys(form.properties ?? {})]);
    expect(forms).toEqual([['string'], ['object', 'env'], ['object', 'file']]);
  });

  it.each([
    ['tenants.[].issuers.[].algorithms.[]', ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA']],
    [`${CLIENT}.jwt_configuration.alg`, ['HS256', 'RS256', 'PS256']],
    [`${CLIENT}.token_endpoint_auth_method`, ['client_secret_post', 'client_secret_basic', 'none']],
  ])('lists the values of %s', (path, values) => {
    expect(at(path).enum).toEqual(values);
  });

  it('has the bounds and defaults of numbers', () => {
    expect(at(`${CLIENT}.addons.firebase.lifetime_in_seconds`)).toMatchObject({ maximum: 3600, default: 3600 });
    expect(at('rate_limit.burst')).toMatchObject({ type: 'integer', minimum: 1, default: 10 });
  });

  it('refuses unknown keys everywhere but in a JWK, where RFC 7517 §4 allows any', () => {
    const open: Node[] = [];
    eachMapping(schema, '', (_path, node) => {
      if (node.properties && node.additionalProperties !== false) open.push(node);
    });
    const [, inline] = at('tenants.[].issuers.[].jwks').anyOf ?? [];
    expect(open).toHaveLength(1);
    expect(follow(follow(follow(inline).properties?.keys).items)).toMatchObject(open[0] ?? {});
  });

  it('requires exactly the fields that have no default', () => {
    expect(schema.required).toEqual(['tenants']);
    expect(at('tenants.[]').required).toEqual(['name', 'issuer', 'issuers', 'clients']);
    expect(at('tenants.[].issuers.[]').required).toEqual(['issuer']);
    expect(at(CLIENT).required).toEqual(['client_id']);
  });

  it('describes every property, whichever add-on it belongs to', () => {
    const properties: string[] = [];
    const undescribed: string[] = [];
    eachMapping(schema, '', (path, node) => {
      for (const [name, property] of Object.entries(node.properties ?? {})) {
        properties.push(`${path}/${name}`);
        if (!follow(property).description) undescribed.push(`${path}/${name}`);
      }
    });
    expect(properties.length).toBeGreaterThan(240);
    expect(undescribed).toEqual([]);
  });

  it("compiles in ajv's strict mode, and accepts examples/gateway.yaml", () => {
    const ajv = new Ajv2020({ strict: true });
    addFormats.default(ajv);
    const validate = ajv.compile(schema);
    const example = parse(readFileSync(new URL('../../examples/gateway.yaml', import.meta.url), 'utf8'));
    expect([validate(example), validate.errors]).toEqual([true, null]);
    example.tenants[0].clients[0].allowed_client = ['web'];
    expect([validate(example), validate.errors?.map(({ keyword }) => keyword)]).toEqual([
      false,
      ['additionalProperties'],
    ]);
  });

  it('marks the fields of an export that are not used as deprecated', () => {
    expect(at(`${CLIENT}.callbacks`)).toMatchObject({ deprecated: true });
    expect(at(`${CLIENT}.addons.samlp`)).toMatchObject({ deprecated: true });
    expect(at(`${CLIENT}.client_secret`).deprecated).toBeUndefined();
  });
});

function eachMapping(node: unknown, path: string, visit: (path: string, node: Node) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) visit(path, node as Node);
  for (const [key, child] of Object.entries(node)) if (key !== 'default') eachMapping(child, `${path}/${key}`, visit);
}
