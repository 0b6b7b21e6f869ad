import { DelegationError } from '../errors.js';
import type { Builder } from './builder.js';
import type { RequestContext } from './context.js';

/** A subject token as it comes in: exactly one field. */
export interface SubjectTokenInput {
  readonly idToken?: string | null | undefined;
}

export function subjectTokenInput(builder: Builder) {
  return builder.inputRef<SubjectTokenInput>('SubjectTokenInput').implement({
    description: 'The token that a user already has. Exactly one of the fields.',
    isOneOf: true,
    fields: (t) => ({
      idToken: t.string({ description: 'An ID token (a JWT) that was issued to the calling application.' }),
    }),
  });
}

/**
 * The subject token of a request: the one in its input, or else the one in its Authorization header.
 *
 * @throws DelegationError INVALID_REQUEST when there is none
 */
export function subjectToken(input: SubjectTokenInput | null | undefined, { bearerToken }: RequestContext): string {
  const token = input?.idToken ?? bearerToken;
  if (!token)
    throw new DelegationError('INVALID_REQUEST', 'subjectToken is missing, and so is an Authorization: Bearer header');
  return token;
}
