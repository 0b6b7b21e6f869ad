import type { InputRef } from '@pothos/core';
import type { ClientAuthentication } from '../../../delegation/request.js';
import type { Builder } from './builder.js';

/** ClientAuthenticationInput as a resolver gets it: exactly one field is set. */
export interface ClientAuthenticationInput {
  readonly secret?: string | null | undefined;
  readonly assertion?: string | null | undefined;
}

/** Adds the input type ClientAuthenticationInput. */
export function addClientAuthenticationInput(builder: Builder): InputRef<ClientAuthenticationInput> {
  return builder.inputRef<ClientAuthenticationInput>('ClientAuthenticationInput').implement({
    description: 'How the calling application authenticates. Set exactly one field.',
    isOneOf: true,
    fields: (t) => ({
      secret: t.string({ description: 'The client_secret of the calling application (RFC 6749 §2.3.1).' }),
      assertion: t.string({
        description:
          'A JWT that the calling application signed with its private key (RFC 7523 §2.2): `iss` and `sub` are its client_id, `aud` is the issuer of the tenant, `exp` is at most one hour ahead, and `jti` is new. It counts once: each `delegate` field needs its own.',
      }),
    }),
  });
}

/** Reads how the caller authenticates. An empty secret or assertion is a wrong one, not a missing one. */
export function readClientAuthentication(
  input: ClientAuthenticationInput | null | undefined,
): ClientAuthentication | undefined {
  if (input?.secret != null) return { type: 'secret', value: input.secret };
  if (input?.assertion != null) return { type: 'assertion', value: input.assertion };
  return undefined;
}
