import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AddonDefinition, defineAddon } from '../../src/addons/addon.js';
import { ADDONS } from '../../src/addons/index.js';
import { type ClaimPath, readClaim } from '../../src/addons/shared/claim-path.js';
import { parseConfig } from '../../src/config/load.js';
import { printGatewaySchema } from '../../src/endpoints/graphql/schema/schema.js';
import { DelegationError } from '../../src/errors.js';
import { refusalOf } from '../support/answers.js';
import { baseConfig, type GraphqlAnswer, type TestGateway, testGateway } from '../support/gateway.js';

interface PagerConfig {
  readonly secret: string;
  readonly minutes: number;
  readonly uid?: ClaimPath | undefined;
}

/** A new add-on, as somebody would add one: all of it is here, but for its line in the table. */
const pager = defineAddon<PagerConfig>({
  name: 'pager',
  apiType: 'PAGER',
  description: 'A key that opens the pager of its user.',
  config: (kit) =>
    kit.object({
      secret: kit.secret({ pattern: /^.{16,}$/, expected: 'a secret of 16 characters or more' }),
      minutes: z.int().min(1).max(60).default(5),
      uid: kit.claimPath().optional(),
    }),
  credential: {
    name: 'PagerKey',
    description: 'A key of one pager.',
    fields: {
      pager: { type: 'ID', description: 'The pager that it opens.' },
      floor: { type: 'String', nullable: true, description: 'Where the pager was asked to ring.' },
    },
  },
  input: {
    name: 'PagerDelegationInput',
    field: 'pager',
    description: 'What a pager needs to know.',
    fields: { floor: { description: 'Where it should ring.', legacyParameter: 'pager_floor' } },
  },
  create({ secret, minutes, uid }) {
    return {
      issue({ userId, claims, input, nowSeconds }) {
        const name = uid ? readClaim(claims, uid) : userId;
        if (typeof name !== 'string') {
          throw new DelegationError('INVALID_REQUEST', `The claim "${uid?.text}" must be a string, to be a pager`);
        }
        const expiresAt = nowSeconds + minutes * 60;
        const token = createHmac('sha256', secret)
          .update(`${name}\n${input.floor ?? ''}\n${expiresAt}`)
          .digest('base64url');
        const fields = { pager: name, floor: input.floor ?? null };
        return { token, tokenType: 'Bearer', expiresAt, expiresIn: minutes * 60, fields };
      },
    };
  },
  legacyBody: ({ token, fields }) => ({ pager_key: token, pager: fields.pager }),
});

const addons: readonly AddonDefinition[] = [...ADDONS, pager];
const SECRET = 'the-secret-of-the-pager-service';

function configure(config: ReturnType<typeof baseConfig>, addon: Record<string, unknown> = { secret: SECRET }): void {
  Object.assign(config.tenants[0]!.clients[3]!, { allowed_clients: ['web'], addons: { pager: addon } });
}

function pagerGateway(addon?: Record<string, unknown>): Promise<TestGateway> {
  return testGateway((config) => configure(config, addon), { addons });
}

const MUTATION = /* GraphQL */ `
  mutation ($input: DelegateInput!) {
    delegate(input: $input) {
      credential { __typename token tokenType apiType expiresAt expiresIn ... on PagerKey { pager floor } }
    }
  }
`;

async function delegate(gateway: TestGateway, input: Record<string, unknown>, claims = {}): Promise<GraphqlAnswer> {
  return gateway.graphql(MUTATION, { token: await gateway.idToken(claims), variables: { input } });
}

/** What the service on the other side expects. */
function keyOf(name: string, floor: string, expiresAt: number): string {
  return createHmac('sha256', SECRET).update(`${name}\n${floor}\n${expiresAt}`).digest('base64url');
}

describe('an add-on that is one definition', () => {
  it('is delegated to, with its own input and its own fields', async () => {
    const gateway = await pagerGateway();
    const answer = await delegate(gateway, { target: 'private', apiType: 'PAGER', pager: { floor: 'second' } });
    expect(answer.data.delegate.credential).toEqual({
      __typename: 'PagerKey',
      token: keyOf('auth0|alice', 'second', gateway.clock.seconds() + 300),
      tokenType: 'Bearer',
      apiType: 'PAGER',
      expiresAt: '2026-01-01T00:05:00.000Z',
      expiresIn: 300,
      pager: 'auth0|alice',
      floor: 'second',
    });
    expect(gateway.log.audits()).toMatchObject([{ audit: 'sd', target: 'private', apiType: 'PAGER' }]);
  });

  it('is the default of a client that has no other', async () => {
    const answer = await delegate(await pagerGateway(), { target: 'private' });
    expect(answer.data.delegate.credential).toMatchObject({ apiType: 'PAGER', floor: null });
  });

  it('takes its configuration as it defined it', async () => {
    const gateway = await pagerGateway({ secret: SECRET, minutes: 1, uid: 'app_metadata.pager' });
    const answer = await delegate(gateway, { target: 'private' }, { app_metadata: { pager: 'p-7' } });
    expect(answer.data.delegate.credential).toMatchObject({ expiresIn: 60, pager: 'p-7' });
    expect(refusalOf(await delegate(gateway, { target: 'private' }))).toEqual({
      status: 200,
      code: 'INVALID_REQUEST',
      message: 'The claim "app_metadata.pager" must be a string, to be a pager',
    });
  });

  it('has its faults reported at the place where they stand', () => {
    const faultsOf = (addon: Record<string, unknown>) => {
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
    expect(faultsOf({ secret: SECRET })).toEqual([]);
    expect(faultsOf({ secret: 'short', minutes: 61, floor: 2 })).toEqual([
      `${at}.secret: a string; expected a secret of 16 characters or more`,
      `${at}.minutes: a number; expected a number of at most 60`,
      expect.stringContaining(`${at}.floor: unknown key; `),
    ]);
  });

  it('appears in the GraphQL schema: a value, an input, a type', () => {
    const [before, after] = [printGatewaySchema(ADDONS), printGatewaySchema(addons)].map((sdl) => sdl.split('\n'));
    const added = after?.filter((line) => !before?.includes(line)).map((line) => line.trim());
    expect(added).toEqual([
      '"""A key that opens the pager of its user."""',
      'PAGER',
      '"""What a pager needs to know."""',
      'pager: PagerDelegationInput',
      '"""What a pager needs to know."""',
      'input PagerDelegationInput {',
      '"""Where it should ring."""',
      'floor: String',
      '"""A key of one pager."""',
      'type PagerKey implements Credential {',
      '"""Where the pager was asked to ring."""',
      'floor: String',
      '"""The pager that it opens."""',
      'pager: ID!',
    ]);
  });

  it('answers at POST /delegation, with its own parameter and its own body', async () => {
    const gateway = await pagerGateway();
    const parameters = {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      client_id: 'web',
      target: 'private',
      api_type: 'pager',
      id_token: await gateway.idToken(),
      pager_floor: 'third',
    };
    const request = new Request('http://gateway.test/delegation', {
      method: 'POST',
      body: new URLSearchParams(parameters),
    });
    const response = await gateway.fetch(request, { remoteAddress: '192.0.2.1' });
    expect([response.status, await response.json()]).toEqual([
      200,
      { pager_key: keyOf('auth0|alice', 'third', gateway.clock.seconds() + 300), pager: 'auth0|alice' },
    ]);
  });

  it('is unknown to a gateway without it', async () => {
    expect(() => {
      const config = baseConfig();
      configure(config);
      parseConfig(config);
    }).toThrow('tenants[0].clients[3].addons.pager: unknown key; ');
    const gateway = await testGateway();
    const answer = await gateway.delegate({ target: 'api', apiType: 'PAGER' }, { token: await gateway.idToken() });
    expect(refusalOf(answer)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  });
});
