import { ERROR_CODES } from '../../../errors.js';
import { DOCUMENT_CODES } from '../error-extensions.js';

const CODES: readonly (readonly [code: string, meaning: string])[] = [
  ...Object.entries(ERROR_CODES).map(([code, { meaning }]) => [code, meaning] as const),
  ...Object.entries(DOCUMENT_CODES),
];

/** The description of the schema: how to call it, and every error code. */
export const SCHEMA_DESCRIPTION = `Present the token that a user already has, get the credential that another service accepts.

Send the token of the user in the header \`Authorization: Bearer …\`. \`delegate\` trades it for a credential and spends one request of the limit of that user; \`viewer\` tells what the user may delegate to and what is left, and spends nothing.

An operation that was executed is answered with 2xx: read \`errors\`. \`extensions.code\` of an error is one of:

${CODES.map(([code, meaning]) => `- ${code}: ${meaning}`).join('\n')}

\`extensions.rateLimit\` has the fields of RateLimit, \`extensions.retryAfter\` the seconds to wait, \`extensions.upstreamCode\` the code of the service that refused, and \`extensions.refreshToken\` a new refresh token to keep.`;
