import type { ExecutionResult } from 'graphql';
import type { AddonDefinition } from '../../addons/addon.js';
import type { DelegatePayload } from '../../delegation/payload.js';
import { DelegationError, ERROR_CODES, type ErrorCode, MASKED } from '../../errors.js';

/** An answer of the legacy endpoint, before it is put into HTTP or into a callback. */
export interface LegacyAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

const TOO_MANY = 'Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset headers.';

/** The body that the add-on has always had, and the rotated refresh token if there is one. */
export function successBody(
  { credential, refreshToken }: DelegatePayload,
  addons: ReadonlyMap<string, AddonDefinition>,
): Record<string, unknown> {
  return {
    ...addons.get(credential.apiType)?.legacyBody(credential),
    ...(refreshToken !== null && { refresh_token: refreshToken }),
  };
}

/** What a refusal of the mutation is at the legacy endpoint. */
export function refusal({ errors = [], extensions }: ExecutionResult): LegacyAnswer {
  const error = errors[0];
  const code = codeOf(error?.extensions.code);
  const http = error?.extensions.http as { status?: number; headers?: Record<string, string> } | undefined;
  const outcome = extensions?.http as { headers?: Record<string, string> } | undefined;
  return {
    status: http?.status ?? ERROR_CODES[code].status,
    headers: { ...outcome?.headers, ...http?.headers },
    body: errorBody(code, error?.message ?? MASKED, error?.extensions.refreshToken),
  };
}

/** What an error outside the mutation is at the legacy endpoint. */
export function failure(error: unknown): LegacyAnswer {
  if (!(error instanceof DelegationError)) {
    return {
      status: ERROR_CODES.INTERNAL.status,
      headers: {},
      body: errorBody('INTERNAL', MASKED, undefined),
    };
  }
  const { allow } = error.details;
  return {
    status: error.status,
    headers: allow === undefined ? {} : { Allow: allow },
    body: errorBody(error.code, error.message, undefined),
  };
}

function errorBody(code: ErrorCode, description: string, refreshToken: unknown): Record<string, unknown> {
  return {
    error: ERROR_CODES[code].legacy,
    error_description: description,
    ...(code === 'RATE_LIMITED' && { message: TOO_MANY }),
    ...(typeof refreshToken === 'string' && { refresh_token: refreshToken }),
  };
}

function codeOf(code: unknown): ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'INTERNAL';
}
