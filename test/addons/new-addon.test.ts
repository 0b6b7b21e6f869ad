import { createHmac, createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type AddonDefinition, defineAddon, type IssueRequest } from '../../src/addons/addon.js';
import { ADDONS } from '../../src/addons/index.js';
import { readUserName } from '../../src/addons/shared/claim-checks.js';
import { parseConfig } from '../../src/config/load.js';
import { printGatewaySchema } from '../../src/endpoints/graphql/schema/schema.js';
import { readRefusal } from '../support/answers.js';
import { baseConfig, type GraphqlAnswer, type TestGateway, testGateway } from '../support/gateway.js';
import { postForm } from '../support/legacy.js';

/** The input of every call of `issue`. */
let inputs: IssueRequest['input'][] = [];

/** The example of `defineAddon`, with a field and an input of each kind. */
const pager = defineAddon({
  name: 'pager',
  apiType: 'PAGER',
  description: 'A key for the pager of a user.',
  config: (kit) =>
    kit.object({
      secret: kit.secret({ pattern: /^.{16,}$/, expected: 'a secret of 16 characters or more' }),
      minutes: z.int().min(1).max(60).default(5),
      uid: kit.claimPath().prefault('user_id'),
    }),
  credential: {
    name: 'PagerKey',
    description: 'A key for one pager.',
    fields: {
      pager: { type: 'ID', description: 'The pager that the key opens.' },
      floor: { type: 'String', nullable: true, description: 'The floor that the pager is on.' },
      volume: { type: 'Int', description: 'The volume of the pager.' },
      vibrates: { type: 'Boolean', description: 'Whether the pager vibrates.' },
      displayedAt: { type: 'DateTime', description: 'When the pager displays the text.' },
      channels: { type: ['Int'], description: 'The radio channels of the pager.' },
      groups: { type: ['String'], nullable: true, description: 'The groups of the pager.' },
    },
  },
  input: {
    name: 'PagerDelegationInput',
    field: 'pager',
    description: 'What the pager displays.',
    fields: {
      text: { description: 'The text.', legacyParameter: 'pager_text', required: true },
      floor: { description: 'The floor that the pager is on.', legacyParameter: 'pager_floor' },
    },
  },
  create({ secret, minutes, uid }) {
    const key = createSecretKey(secret, 'utf8');
    return {
      issue({ identity, input, nowSeconds }) {
        inputs.push(input);
        const name = readUserName(identity, uid);
        const expiresAt = nowSeconds + minutes * 60;
        const token = createHmac('sha256', key).update(`${name}\n${input.text}\n${expiresAt}`).digest('base64url');
        return {
          token,
          tokenType: 'Bearer',
          expiresAt,
          expiresIn: minutes * 60,
          fields: {
            pager: name,
            floor: input.floor ?? null,
            volume: input.text.length,
            vibrates: false,
            displayedAt: new Date(nowSeconds * 1000),
            channels: [1, 16],
            groups: null,
          },
          model: 'P-1',
        };
      },
    };
  },
  legacyBody: ({ token, fields, model }) => ({ pager_key: token, pager: fields.pager, model }),
});

const addons: readonly AddonDefinition[] = [...ADDONS, pager];
const SECRET = 'the-secret-of-the-pager-service';
const TEXT = 'Call the desk';

function configure(config: ReturnType<typeof baseConfig>, addon: Record<string, unknown> = { secret: SECRET }): void {
  Object.assign(config.tenants[0]!.clients[3]!, { allowed_clients: ['web'], addons: { pager: addon } });
}

function pagerGateway(addon?: Record<string, unknown>): Promise<TestGateway> {
  inputs = [];
  return testGateway((config) => configure(config, addon), { addons });
}

const MUTATION = /* GraphQL */ `
  mutation ($input: DelegateInput!) {
    delegate(input: $input) {
      credential {
        __typename token tokenType apiType expiresAt expiresIn
        ... on PagerKey { pager floor volume vibrates displayedAt channels groups }
      }
    }
  }
`;

async function delegate(
  gateway: TestGateway,
  input: Record<string, unknown> = { pager: { text: TEXT } },
  claims = {},
): Promise<GraphqlAnswer> {
  const token = await gateway.idToken(claims);
  return gateway.graphql(MUTATION, { token, variables: { input: { target: 'private', ...input } } });
}

/** Computes the key that the pager service expects. */
function computeKey(name: string, text: string, expiresAt: number): string {
  return createHmac('sha256', SECRET).update(`${name}\n${text}\n${expiresAt}`).digest('base64url');
}

describe('an add-on that is defined in one file', () => {
  it('issues a credential with its own fields for its own input', async () => {
    const gateway = await pagerGateway();
    const answer = await delegate(gateway, { apiType: 'PAGER', pager: { text: TEXT, floor: 'second' } });
    expect(answer.data.delegate.credential).toEqual({
      __typename: 'PagerKey',
      token: computeKey('auth0|alice', TEXT, gateway.clock.seconds() + 300),
      tokenType: 'Bearer',
      apiType: 'PAGER',
      expiresAt: '2026-01-01T00:05:00.000Z',
      expiresIn: 300,
      pager: 'auth0|alice',
      floor: 'second',
      volume: 13,
      vibrates: false,
      displayedAt: '2026-01-01T00:00:00.000Z',
      channels: [1, 16],
      groups: null,
    });
    expect(gateway.log.audits()).toMatchObject([{ audit: 'sd', target: 'private', apiType: 'PAGER' }]);
  });

  it('is the default of a client that has no other add-on', async () => {
    const answer = await delegate(await pagerGateway());
    expect(answer.data.delegate.credential).toMatchObject({ apiType: 'PAGER', floor: null });
  });

  it('gets the configuration that its schema describes', async () => {
    const gateway = await pagerGateway({ secret: SECRET, minutes: 1, uid: 'app_metadata.pager' });
    const answer = await delegate(gateway, undefined, { app_metadata: { pager: 'p-7' } });
    expect(answer.data.delegate.credential).toMatchObject({ expiresIn: 60, pager: 'p-7' });
    expect(readRefusal(await delegate(gateway))).toEqual({
      status: 200,
      code: 'INVALID_REQUEST',
      message: 'The claim "app_metadata.pager" must be a non-empty string without lone surrogates',
    });
  });

  it('has diagnostics for its configuration, with the path of each', () => {
    const diagnose = (addon: Record<string, unknown>) => {
      const config = baseConfig();
      configure(config, addon);
      try {
        parseConfig(config, { addons });
        return [];
      } catch (error) {
        return (error as Error).message.split('\n');
      }
    };
    const at = 'tenants[0].clients[3].addons.pager';
    expect(diagnose({ secret: SECRET })).toEqual([]);
    expect(diagnose({ secret: 'short', minutes: 61, floor: 2 })).toEqual([
      `${at}.secret: a string; expected a secret of 16 characters or more`,
      `${at}.minutes: a number; expected a number of at most 60`,
      expect.stringContaining(`${at}.floor: unknown key; `),
    ]);
  });

  it('adds a value, an input object and an object type to the GraphQL schema', () => {
    const [before, after] = [printGatewaySchema(ADDONS), printGatewaySchema(addons)].map((sdl) => sdl.split('\n'));
    const added = after?.filter((line) => !before?.includes(line)).map((line) => line.trim());
    expect(added).toEqual([
      '"""What the pager displays."""',
      'pager: PagerDelegationInput',
      '"""A key for the pager of a user."""',
      'PAGER',
      '"""What the pager displays."""',
      'input PagerDelegationInput {',
      '"""The text."""',
      'text: String!',
      '"""The floor that the pager is on."""',
      'floor: String',
      '"""A key for one pager."""',
      'type PagerKey implements Credential {',
      '"""The pager that the key opens."""',
      'pager: ID!',
      '"""The floor that the pager is on."""',
      'floor: String',
      '"""The volume of the pager."""',
      'volume: Int!',
      '"""Whether the pager vibrates."""',
      'vibrates: Boolean!',
      '"""When the pager displays the text."""',
      'displayedAt: DateTime!',
      '"""The radio channels of the pager."""',
      'channels: [Int!]!',
      '"""The groups of the pager."""',
      'groups: [String!]',
    ]);
  });

  it('answers POST /delegation with its own parameters and its own body', async () => {
    const gateway = await pagerGateway();
    const { status, body } = await postForm(gateway, {
      target: 'private',
      api_type: 'pager',
      id_token: await gateway.idToken(),
      pager_text: TEXT,
      pager_floor: 'third',
    });
    expect([status, body]).toEqual([
      200,
      {
        pager_key: computeKey('auth0|alice', TEXT, gateway.clock.seconds() + 300),
        pager: 'auth0|alice',
        model: 'P-1',
      },
    ]);
    expect(inputs).toEqual([{ text: TEXT, floor: 'third' }]);
  });

  it('is unknown to a gateway whose table does not have it', async () => {
    expect(() => {
      const config = baseConfig();
      configure(config);
      parseConfig(config);
    }).toThrow('tenants[0].clients[3].addons.pager: unknown key; ');
    const gateway = await testGateway();
    const answer = await gateway.delegate({ target: 'api', apiType: 'PAGER' }, { token: await gateway.idToken() });
    expect(readRefusal(answer)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  });
});

describe('the input of an add-on', () => {
  const missing = { status: 200, code: 'INVALID_REQUEST', message: 'pager.text is required' };

  it.each([
    ['the input object is absent', {}],
    ['the input object is null', { pager: null }],
  ])('is refused before `issue` when a field is required and %s', async (_what, input) => {
    expect(readRefusal(await delegate(await pagerGateway(), input))).toEqual(missing);
    expect(inputs).toEqual([]);
  });

  it.each([
    ['absent', {}],
    ['null', { text: null }],
  ])('is refused by GraphQL when a required field is %s', async (_what, given) => {
    expect(readRefusal(await delegate(await pagerGateway(), { pager: given }))).toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('text'),
    });
    expect(inputs).toEqual([]);
  });

  it('is refused at POST /delegation before `issue` when a required parameter is absent or empty', async () => {
    const gateway = await pagerGateway();
    const parameters = { target: 'private', api_type: 'pager', id_token: await gateway.idToken() };
    const refused = (error_description: unknown) => ({ error: 'invalid_request', error_description });
    for (const text of [undefined, { pager_text: '' }]) {
      const { status, body } = await postForm(gateway, { ...parameters, ...text });
      expect([status, body]).toEqual([400, refused('pager.text is required')]);
    }
    const { status, body } = await postForm(gateway, { ...parameters, pager_floor: 'third' });
    expect([status, body]).toEqual([400, refused(expect.stringMatching(/\bpager\b.*\btext\b.*\brequired\b/))]);
    expect(inputs).toEqual([]);
  });

  it('reaches `issue` with undefined for an optional field that is null or absent', async () => {
    const gateway = await pagerGateway();
    await delegate(gateway, { pager: { text: TEXT, floor: null } });
    await delegate(gateway, { pager: { text: '' } });
    expect(inputs).toStrictEqual([
      { text: TEXT, floor: undefined },
      { text: '', floor: undefined },
    ]);
  });

  it('is not required from a request to another add-on', async () => {
    const gateway = await pagerGateway();
    const answer = await gateway.delegate({ target: 'api' }, { token: await gateway.idToken() });
    expect(answer.data.delegate.credential).toMatchObject({ apiType: 'APP' });
  });
});
