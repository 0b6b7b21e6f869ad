import type { AddonDefinition, GivenInput, InputType } from '../../../addons/addon.js';
import { listInputTypes } from '../../../addons/input.js';
import type { Builder } from './builder.js';
import type { SharedTypes } from './shared-types.js';
import type { SubjectTokenInput } from './subject-token.js';

/** DelegateInput as a resolver gets it. Beside these it has a field for each input object of an add-on. */
export interface DelegateInput {
  readonly clientId?: string | null | undefined;
  readonly subjectToken?: SubjectTokenInput | null | undefined;
  readonly target?: string | null | undefined;
  readonly apiType?: string | null | undefined;
  readonly scope?: readonly string[] | null | undefined;
}

export function delegateInput(
  builder: Builder,
  { apiType, subjectTokenInput }: Pick<SharedTypes, 'apiType' | 'subjectTokenInput'>,
  addons: readonly AddonDefinition[],
) {
  const extras = listInputTypes(addons).map(
    (type) => [type.field, type.description, extraInput(builder, type)] as const,
  );
  return builder.inputRef<DelegateInput>('DelegateInput').implement({
    description:
      'What to delegate to, and for whom. Everything has a default: `{}` renews the token of the Authorization header.',
    fields: (t) => ({
      clientId: t.id({
        description:
          'The calling application. Default: the application that the token was made for (its only audience, with several its azp).',
      }),
      subjectToken: t.field({
        type: subjectTokenInput,
        description: 'The token of the user. Default: the one in the header `Authorization: Bearer …`.',
      }),
      target: t.id({
        description: 'The client_id of the application to delegate to. Default: the calling application itself.',
      }),
      apiType: t.field({ type: apiType, description: "The add-on to use. Default: the target's only one, else APP." }),
      scope: t.stringList({
        description:
          'OAuth scope values, one or several in each string. `profile` and `email` copy those claims into an app token, `passthrough` copies what the token has of both. Default: openid.',
      }),
      ...Object.fromEntries(extras.map(([field, description, type]) => [field, t.field({ type, description })])),
    }),
  });
}

function extraInput(builder: Builder, { name, description, fields }: InputType) {
  return builder.inputRef<GivenInput>(name).implement({
    description,
    fields: (t) =>
      Object.fromEntries(
        Object.entries(fields).map(([field, { description, required = false }]) => [
          field,
          t.string({ description, required }),
        ]),
      ),
  });
}

/** The extra input of each add-on, by api type. */
export function addonInputs(input: DelegateInput, addons: readonly AddonDefinition[]): Record<string, GivenInput> {
  const given = input as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    addons.flatMap((addon) => (addon.input ? [[addon.apiType, (given[addon.input.field] ?? {}) as GivenInput]] : [])),
  );
}
