import type { SubjectTokenKind } from '../../../delegation/authorize.js';
import { DelegationError } from '../../../errors.js';
import type { RequestContext } from '../../context.js';
import type { Builder } from './builder.js';

/** A subject token as it comes in: exactly one field. */
export interface SubjectTokenInput {
  readonly idToken?: string | null | undefined;
  readonly refreshToken?: string | null | undefined;
}

/** The token that a request is made with. */
export interface SubjectToken {
  readonly kind: SubjectTokenKind;
  readonly token: string;
}

export function subjectTokenInput(builder: Builder) {
  return builder.inputRef<SubjectTokenInput>('SubjectTokenInput').implement({
    description: 'The token that a user already has. Exactly one of the fields.',
    isOneOf: true,
    fields: (t) => ({
      idToken: t.string({ description: 'An ID token (a JWT) that was issued to the calling application.' }),
      refreshToken: t.string({
        description:
          'A refresh token of the calling application, which clientId must name. If the identity provider replaces it, the payload has the new one, and so has the error of a refusal.',
      }),
    }),
  });
}

/**
 * The subject token of a request: the one in its input, or else the ID token in its Authorization header.
 *
 * @throws DelegationError INVALID_REQUEST when there is none
 */
export function subjectToken(
  input: SubjectTokenInput | null | undefined,
  { bearerToken }: Pick<RequestContext, 'bearerToken'>,
): SubjectToken {
  if (input?.refreshToken) return { kind: 'refresh_token', token: input.refreshToken };
  const token = input?.idToken ?? bearerToken;
  if (token) return { kind: 'id_token', token };
  throw new DelegationError('INVALID_REQUEST', 'subjectToken is missing, and so is an Authorization: Bearer header');
}
