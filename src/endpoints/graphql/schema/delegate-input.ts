import type { InputRef } from '@pothos/core';
import type { AddonDefinition, GivenInput, InputType } from '../../../addons/addon.js';
import { listInputTypes } from '../../../addons/input.js';
import type { DelegationRequest } from '../../../delegation/request.js';
import { isRecord } from '../../../lib/json.js';
import type { RequestContext } from '../../context.js';
import type { Builder } from './builder.js';
import {
  addClientAuthenticationInput,
  type ClientAuthenticationInput,
  readClientAuthentication,
} from './client-authentication.js';
import type { ApiTypeRef } from './credential-types.js';
import { addSubjectTokenInput, readSubjectToken, type SubjectTokenInput } from './subject-token.js';

/** DelegateInput as a resolver gets it. It also has a field for each input object of an add-on. */
export interface DelegateInput {
  readonly clientId?: string | null | undefined;
  readonly clientAuthentication?: ClientAuthenticationInput | null | undefined;
  readonly subjectToken?: SubjectTokenInput | null | undefined;
  readonly target?: string | null | undefined;
  readonly apiType?: string | null | undefined;
  readonly scope?: readonly string[] | null | undefined;
}

/** Adds the input type DelegateInput, and the input types of add-ons. */
export function addDelegateInput(
  builder: Builder,
  apiType: ApiTypeRef,
  addons: readonly AddonDefinition[],
): InputRef<DelegateInput> {
  const extras = listInputTypes(addons).map(
    (type) => [type.field, type.description, extraInput(builder, type)] as const,
  );
  const subjectTokenInput = addSubjectTokenInput(builder);
  const clientAuthenticationInput = addClientAuthenticationInput(builder);
  return builder.inputRef<DelegateInput>('DelegateInput').implement({
    description:
      'What to delegate to, and for whom. Every field has a default: `{}` renews the token of the Authorization header.',
    fields: (t) => ({
      target: t.id({
        description: 'The client_id of the application to delegate to. Default: the calling application itself.',
      }),
      apiType: t.field({
        type: apiType,
        description: 'The add-on to use. Default: the only add-on of the target, else APP.',
      }),
      scope: t.stringList({
        description:
          'OAuth scope values, one or several in each string. `profile` and `email` copy those claims into an app token; `passthrough` copies what the token has of both. Default: openid.',
      }),
      subjectToken: t.field({
        type: subjectTokenInput,
        description: 'The token of the user. Default: the one in the header `Authorization: Bearer …`.',
      }),
      clientId: t.id({
        description:
          'The calling application. Default: the application that the token was issued to (its only audience; with several audiences its azp).',
      }),
      clientAuthentication: t.field({
        type: clientAuthenticationInput,
        description:
          'Proves that the calling application itself sends the request. For applications that can keep a secret; a browser or a mobile app cannot. Default: the caller is not authenticated.',
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

/** Turns the input of the mutation into a request. */
export type ReadDelegationRequest = (
  input: DelegateInput,
  context: Pick<RequestContext, 'bearerToken'>,
) => DelegationRequest;

/** Creates the reader of the mutation's input, which may hold an input object of each add-on. A null counts as absent. */
export function createInputReader(addons: readonly AddonDefinition[]): ReadDelegationRequest {
  const addonFields = listInputTypes(addons).map(({ field }) => field);
  return (input, context) => ({
    clientId: input.clientId ?? undefined,
    clientAuthentication: readClientAuthentication(input.clientAuthentication),
    subjectToken: readSubjectToken(input.subjectToken, context),
    target: input.target ?? undefined,
    apiType: input.apiType ?? undefined,
    scope: input.scope ?? [],
    inputs: readAddonInputs({ ...input }, addonFields),
  });
}

function readAddonInputs(input: Readonly<Record<string, unknown>>, fields: readonly string[]) {
  const inputs: Record<string, GivenInput> = {};
  for (const field of fields) if (input[field]) inputs[field] = readAddonInput(input[field]);
  return inputs;
}

function readAddonInput(given: unknown): GivenInput {
  if (!isRecord(given)) return {};
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
