import { readFileSync } from 'node:fs';
import {
  type GraphQLEnumType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  buildSchema as parseSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { ADDONS } from '../src/addons/index.js';
import { buildGeneratedFiles } from '../src/cli/schema.js';
import { DOCUMENT_CODES } from '../src/endpoints/graphql/error-extensions.js';
import { buildSchema, printGatewaySchema } from '../src/endpoints/graphql/schema/schema.js';
import { ERROR_CODES } from '../src/errors.js';

/** The contract. A type of an add-on that is not here yet is not looked for. */
const CONTRACT = parseSchema(/* GraphQL */ `
  scalar DateTime
  scalar EpochSeconds
  type Mutation { delegate(input: DelegateInput!): DelegatePayload }
  type Query { viewer: Viewer }
  input DelegateInput {
    clientId: ID
    clientAuthentication: ClientAuthenticationInput
    subjectToken: SubjectTokenInput
    target: ID
    apiType: ApiType
    scope: [String!]
    aws: AwsDelegationInput
    layer: LayerDelegationInput
    salesforce: SalesforceDelegationInput
    sap: SapDelegationInput
  }
  input SubjectTokenInput @oneOf { idToken: String refreshToken: String }
  input ClientAuthenticationInput @oneOf { secret: String assertion: String }
  input AwsDelegationInput { role: String principal: String }
  input LayerDelegationInput { nonce: String! }
  input SalesforceDelegationInput { communityName: String communityUrlSection: String }
  input SapDelegationInput { scope: String }
  enum ApiType { APP AWS AZURE_BLOB AZURE_SB FIREBASE LAYER SALESFORCE_API SALESFORCE_SANDBOX_API SAP_API WAMS }
  type DelegatePayload { credential: Credential! rateLimit: RateLimit! refreshToken: String viewer: Viewer! }
  interface Credential { token: String! tokenType: String! apiType: ApiType! expiresAt: DateTime expiresIn: Int }
  type AppToken implements Credential {
    token: String! tokenType: String! apiType: ApiType! expiresAt: DateTime expiresIn: Int audience: ID!
  }
  type FirebaseCustomToken implements Credential {
    token: String! tokenType: String! apiType: ApiType! expiresAt: DateTime expiresIn: Int uid: String!
  }
  type AwsCredentials implements Credential {
    token: String! tokenType: String! apiType: ApiType! expiresAt: DateTime expiresIn: Int
    accessKeyId: String! secretAccessKey: String! sessionToken: String! assumedRoleArn: String!
  }
  type AzureBlobSas implements Credential {
    token: String! tokenType: String! apiType: ApiType! expiresAt: DateTime expiresIn: Int
    url: String! permissions: String
  }
  type AzureServiceBusSas implements Credential {
    token: String! tokenType: String! apiType: ApiType! expiresAt: DateTime expiresIn: Int resourceUri: String!
  }
  type SapAccessToken implements Credential {
    token: String! tokenType: String! apiType: ApiType! expiresAt: DateTime expiresIn: Int scope: String
  }
  type SalesforceAccessToken implements Credential {
    token: String! tokenType: String! apiType: ApiType! expiresAt: DateTime expiresIn: Int
    instanceUrl: String! scope: String
  }
  type LayerIdentityToken implements Credential {
    token: String! tokenType: String! apiType: ApiType! expiresAt: DateTime expiresIn: Int
  }
  type MobileServicesToken implements Credential {
    token: String! tokenType: String! apiType: ApiType! expiresAt: DateTime expiresIn: Int
  }
  type RateLimit { limit: Int! remaining: Int! resetAt: DateTime! reset: EpochSeconds! retryAfter: Int }
  type Viewer {
    id: ID! userId: ID! issuer: String! client: Application! targets: [DelegationTarget!]! rateLimit: RateLimit!
  }
  type Application { clientId: ID! name: String! }
  type DelegationTarget { clientId: ID! name: String! apiTypes: [ApiType!]! }
`);

/** What the schema has beyond the contract, on purpose. */
const ADDITIONS: ReadonlySet<string> = new Set(['AzureBlobSas.startsAt: DateTime']);

interface Entry {
  readonly path: string;
  readonly type: string;
  readonly description: string | null | undefined;
}

/** Every type, field, argument, input field and enum value, on a line of its own. */
function entries(schema: GraphQLSchema): Entry[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type))
    .flatMap((type): Entry[] => {
      const self = { path: type.name, description: type.description };
      if (isEnumType(type)) {
        const values = type
          .getValues()
          .map(({ name, description }) => ({ path: `${type.name}.${name}`, type: 'value', description }));
        return [{ ...self, type: 'enum' }, ...values];
      }
      if (isInputObjectType(type)) {
        const fields = Object.values(type.getFields()).map((field) => ({
          path: `${type.name}.${field.name}`,
          type: field.type.toString(),
          description: field.description,
        }));
        return [{ ...self, type: type.isOneOf ? 'input @oneOf' : 'input' }, ...fields];
      }
      if (isObjectType(type) || isInterfaceType(type)) {
        const fields = Object.values(type.getFields()).flatMap((field) => [
          { path: `${type.name}.${field.name}`, type: field.type.toString(), description: field.description },
          ...field.args.map((arg) => ({
            path: `${type.name}.${field.name}(${arg.name})`,
            type: arg.type.toString(),
            description: arg.description,
          })),
        ]);
        const interfaces = type.getInterfaces().map(({ name }) => name);
        return [{ ...self, type: [isObjectType(type) ? 'type' : 'interface', ...interfaces].join(' ') }, ...fields];
      }
      return [{ ...self, type: isScalarType(type) ? 'scalar' : 'union' }];
    });
}

const schema = buildSchema(ADDONS);

describe('the schema', () => {
  it.each(Object.entries(buildGeneratedFiles()))('is checked in as the code makes it: %s', (name, text) => {
    expect(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')).toBe(text);
  });

  it('describes every type, field, argument and enum value, so that GraphiQL is a manual', () => {
    const bare = entries(schema).filter(({ description }) => !description?.trim());
    expect(bare.map(({ path }) => path)).toEqual([]);
  });

  it('has nothing that the contract does not have, and every type as the contract has it', () => {
    const lines = (from: GraphQLSchema) => entries(from).map(({ path, type }) => `${path}: ${type}`);
    const promised = new Set(lines(CONTRACT));
    expect(lines(schema).filter((line) => !promised.has(line) && !ADDITIONS.has(line))).toEqual([]);
  });

  it('has everything of the contract that does not belong to an add-on', () => {
    const have = new Set(entries(schema).map(({ path }) => path));
    const addonTypes =
      /^(ApiType\.|Aws|Azure|Layer|MobileServices|Salesforce|Sap|DelegateInput\.(aws|layer|salesforce|sap)$)/;
    const missing = entries(CONTRACT).filter(({ path }) => !have.has(path) && !addonTypes.test(path));
    expect(missing.map(({ path }) => path)).toEqual([]);
    for (const { apiType, credential } of ADDONS)
      expect([...have]).toEqual(expect.arrayContaining([`ApiType.${apiType}`, credential.name]));
  });

  it('prints the roots first, then what a field takes and what it returns, with fields as they are declared', () => {
    const names = [...printGatewaySchema(ADDONS).matchAll(/^(?:type|input|interface|enum|scalar) (\w+)/gm)].map(
      ([, name]) => name,
    );
    expect(names.slice(0, 4)).toEqual(['Query', 'Mutation', 'DelegateInput', 'ApiType']);
    const order = ['ClientAuthenticationInput', 'SapDelegationInput', 'DelegatePayload', 'Credential', 'AppToken'];
    expect(names.filter((name = '') => order.includes(name))).toEqual(order);
    expect(names.slice(-5)).toEqual(['Viewer', 'Application', 'DelegationTarget', 'DateTime', 'EpochSeconds']);
    expect(Object.keys((schema.getType('DelegatePayload') as GraphQLObjectType).getFields())).toEqual([
      'credential',
      'rateLimit',
      'refreshToken',
      'viewer',
    ]);
  });

  it('has a description of its own, with every error code and its meaning', () => {
    for (const code of [...Object.keys(ERROR_CODES), ...Object.keys(DOCUMENT_CODES)]) {
      expect(schema.description).toMatch(new RegExp(`^- ${code}: \\S.*\\.$`, 'm'));
    }
    expect(readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8')).toMatch(/^"""\nPresent the token/);
  });

  it('specifies its scalars, and marks the add-ons of retired services', () => {
    const own = Object.values(schema.getTypeMap()).filter((type) => isScalarType(type) && !isSpecifiedScalarType(type));
    expect(own.map(({ name }) => name).sort()).toEqual(['DateTime', 'EpochSeconds']);
    for (const type of own) expect(type).toHaveProperty('specifiedByURL', expect.stringMatching(/^https:/));
    const retired = (schema.getType('ApiType') as GraphQLEnumType)
      .getValues()
      .filter(({ deprecationReason }) => deprecationReason != null);
    expect(retired.map(({ name }) => name)).toEqual(['LAYER', 'WAMS']);
  });
});
