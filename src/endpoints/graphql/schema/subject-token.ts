import type { InputRef } from '@pothos/core';
import type { SubjectToken } from '../../../delegation/request.js';
import type { RequestContext } from '../../context.js';
import type { Builder } from './builder.js';

/** SubjectTokenInput as a resolver gets it: exactly one field is set. */
export interface SubjectTokenInput {
  readonly idToken?: string | null | undefined;
  readonly refreshToken?: string | null | undefined;
}

/** Adds the input type SubjectTokenInput. */
export function addSubjectTokenInput(builder: Builder): InputRef<SubjectTokenInput> {
  return builder.inputRef<SubjectTokenInput>('SubjectTokenInput').implement({
    description: 'The token that a user already has. Set exactly one field.',
    isOneOf: true,
    fields: (t) => ({
      idToken: t.string({ description: 'An ID token (a JWT) that was issued to the calling application.' }),
      refreshToken: t.string({
        description:
          'A refresh token of the calling application; it requires `clientId`. If the identity provider rotates it, the payload contains the new one, and so does the error of a refusal.',
      }),
    }),
  });
}

/** Reads the subject token: the one of the input, else the ID token of the Authorization header. */
export function readSubjectToken(
  input: SubjectTokenInput | null | undefined,
  { bearerToken }: Pick<RequestContext, 'bearerToken'>,
): SubjectToken | undefined {
  if (input?.refreshToken) return { type: 'refresh_token', token: input.refreshToken };
  const token = input?.idToken ?? bearerToken;
  return token ? { type: 'id_token', token } : undefined;
}
