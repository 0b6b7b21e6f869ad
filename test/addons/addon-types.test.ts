import { describe, expectTypeOf, it } from 'vitest';
import { type Addon, type AddonDefinition, defineAddon } from '../../src/addons/addon.js';
import type { aws } from '../../src/addons/aws/aws.js';
import type { AssumedRole } from '../../src/addons/aws/sts-response.js';
import type { FieldValues } from '../../src/addons/credential.js';
import type { firebase } from '../../src/addons/firebase.js';
import type { salesforce } from '../../src/addons/salesforce.js';

// `npm run typecheck` compiles this file: an expectation that no longer holds is an error of the compiler.

const base = {
  name: 'pager',
  apiType: 'PAGER',
  description: 'A key for the pager of a user.',
  credential: {
    name: 'PagerKey',
    description: 'A key for one pager.',
    fields: {
      pager: { type: 'ID', description: '' },
      floor: { type: 'String', nullable: true, description: '' },
      volume: { type: 'Int', nullable: false, description: '' },
      vibrates: { type: 'Boolean', description: '' },
      displayedAt: { type: 'DateTime', description: '' },
      groups: { type: ['String'], description: '' },
      channels: { type: ['Int'], nullable: true, description: '' },
    },
  },
  legacyBody: () => ({}),
} as const;
const token = { token: 't', tokenType: 'Bearer', expiresAt: null, expiresIn: null };
const fields = {
  pager: 'p-7',
  floor: null,
  volume: 7,
  vibrates: true,
  displayedAt: new Date(0),
  groups: ['nurses'],
  channels: null,
};

describe('the types of an add-on', () => {
  it('give each declared field of the credential the type of its scalar', () => {
    expectTypeOf<FieldValues<typeof base.credential.fields>>().toEqualTypeOf<{
      readonly pager: string;
      readonly floor: string | null;
      readonly volume: number;
      readonly vibrates: boolean;
      readonly displayedAt: Date;
      readonly groups: readonly string[];
      readonly channels: readonly number[] | null;
    }>();
  });

  it('are erased by assignment to the table', () => {
    const addon = defineAddon({ ...base, create: () => ({ issue: () => ({ ...token, fields }) }) });
    expectTypeOf(addon).toExtend<AddonDefinition>();
    expectTypeOf<FieldValues[string]>().toEqualTypeOf<
      string | number | boolean | Date | readonly (string | number | boolean | Date)[] | null
    >();
  });

  it('refuse a field of another type, a missing field and null for a field that is not nullable', () => {
    const withFields = <Fields>(returned: Fields) => ({
      create: () => ({ issue: () => ({ ...token, fields: returned }) }),
    });
    defineAddon({ ...base, ...withFields(fields) });
    // @ts-expect-error an ID is a string
    defineAddon({ ...base, ...withFields({ ...fields, pager: 7 }) });
    // @ts-expect-error an Int is a number
    defineAddon({ ...base, ...withFields({ ...fields, volume: '7' }) });
    // @ts-expect-error a Boolean is a boolean
    defineAddon({ ...base, ...withFields({ ...fields, vibrates: 1 }) });
    // @ts-expect-error a DateTime is a Date
    defineAddon({ ...base, ...withFields({ ...fields, displayedAt: 0 }) });
    // @ts-expect-error a list is an array
    defineAddon({ ...base, ...withFields({ ...fields, groups: 'nurses' }) });
    // @ts-expect-error a list of String has no numbers
    defineAddon({ ...base, ...withFields({ ...fields, groups: [7] }) });
    // @ts-expect-error the items of a list are not null
    defineAddon({ ...base, ...withFields({ ...fields, channels: [null] }) });
    // @ts-expect-error a field is not nullable by default
    defineAddon({ ...base, ...withFields({ ...fields, pager: null }) });
    // @ts-expect-error a field with nullable: false is not nullable
    defineAddon({ ...base, ...withFields({ ...fields, volume: null }) });
    // @ts-expect-error a nullable field is not optional
    defineAddon({ ...base, ...withFields({ ...fields, floor: undefined }) });
    const { pager: _pager, ...rest } = fields;
    // @ts-expect-error every declared field is required
    defineAddon({ ...base, ...withFields(rest) });
    // @ts-expect-error an asynchronous `issue` is held to the same types
    defineAddon({ ...base, create: () => ({ issue: async () => ({ ...token, fields: { ...fields, pager: 7 } }) }) });
  });

  it('refuse a descriptor of an unknown scalar', () => {
    defineAddon({
      ...base,
      // @ts-expect-error Float is no scalar of a credential
      credential: { ...base.credential, fields: { pager: { type: 'Float', description: '' } } },
      create: () => undefined,
    });
  });

  it('make a required input a string, and an optional one a string or undefined', () => {
    defineAddon({
      ...base,
      input: {
        name: 'PagerDelegationInput',
        field: 'pager',
        description: '',
        fields: {
          text: { description: '', legacyParameter: 'pager_text', required: true },
          floor: { description: '', legacyParameter: 'pager_floor' },
        },
      },
      create: () => ({
        issue({ input }) {
          expectTypeOf(input).toEqualTypeOf<{ readonly text: string; readonly floor: string | undefined }>();
          // @ts-expect-error only declared input can be read
          input.volume;
          return { ...token, fields };
        },
      }),
    });
  });

  it('give `create` the configuration of the schema', () => {
    defineAddon({
      ...base,
      config: (kit) => kit.object({ secret: kit.secret(), uid: kit.claimPath().optional() }),
      create(config) {
        expectTypeOf(config.secret).toEqualTypeOf<string>();
        // @ts-expect-error the schema has no such key
        config.minutes;
        return undefined;
      },
    });
  });

  it('give `legacyBody` all that `issue` returns', () => {
    defineAddon({
      ...base,
      create: () => ({ issue: () => ({ ...token, fields, model: 'P-1' as const }) }),
      legacyBody(credential) {
        expectTypeOf(credential.model).toEqualTypeOf<'P-1'>();
        expectTypeOf(credential.fields.groups).toExtend<readonly string[]>();
        // @ts-expect-error `issue` returns no such property
        credential.weight;
        return {};
      },
    });
  });

  it('are those of the descriptors in the add-ons of the table', () => {
    expectTypeOf<Parameters<typeof firebase.legacyBody>[0]['fields']>().toExtend<{ readonly uid: string }>();
    expectTypeOf<Parameters<typeof aws.legacyBody>[0]['assumedRole']>().toEqualTypeOf<AssumedRole>();
    expectTypeOf<Parameters<typeof salesforce.legacyBody>[0]['fields']['scope']>().toEqualTypeOf<string | null>();
    expectTypeOf<NonNullable<ReturnType<typeof firebase.create>>>().toExtend<Addon>();
  });
});
