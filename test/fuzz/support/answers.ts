import { DOCUMENT_CODES } from '../../../src/endpoints/graphql/error-extensions.js';
import { ERROR_CODES, type ErrorCode } from '../../../src/errors.js';
import type { FuzzAnswer } from './gateway.js';
import type { Outcome } from './run.js';

const GRAPHQL_CODES: ReadonlySet<string> = new Set(Object.keys(DOCUMENT_CODES));
const JSON_TYPE = 'application/json; charset=utf-8';
const GRAPHQL_TYPES: ReadonlySet<string | null> = new Set([
  JSON_TYPE,
  'application/graphql-response+json; charset=utf-8',
]);

/** The `error` values of `POST /delegation`, with the statuses that each may have. */
const LEGACY_ERRORS = new Map<string, Set<number>>();
for (const [code, { status, legacy }] of Object.entries(ERROR_CODES)) {
  if (code === 'INTERNAL') continue;
  LEGACY_ERRORS.set(legacy, (LEGACY_ERRORS.get(legacy) ?? new Set()).add(status));
}
/** INVALID_REQUEST has further statuses. */
for (const status of [403, 404, 405, 413, 415, 421]) LEGACY_ERRORS.get('invalid_request')?.add(status);

function demand(holds: unknown, what: string, { status, text }: FuzzAnswer): asserts holds {
  if (!holds) throw new Error(`${what}; the answer was ${status}: ${text}`);
}

function checkHead(answer: FuzzAnswer): void {
  const { headers, status } = answer;
  demand(status < 500 || status === 502 || status === 503, 'the status must not be that of a fault', answer);
  demand(headers.get('x-content-type-options') === 'nosniff', 'X-Content-Type-Options is missing', answer);
  demand(/^[\w.-]{1,64}$/.test(headers.get('x-request-id') ?? ''), 'X-Request-Id is missing', answer);
  demand(headers.get('cache-control') === 'no-store', 'Cache-Control must be no-store', answer);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isKnownCode(code: unknown): code is ErrorCode {
  return (
    typeof code === 'string' && code !== 'INTERNAL' && (Object.hasOwn(ERROR_CODES, code) || GRAPHQL_CODES.has(code))
  );
}

/** Checks an answer of /graphql: the response format of the GraphQL specification (§7.1), with codes that are documented. */
export function checkGraphqlAnswer(answer: FuzzAnswer): Outcome {
  checkHead(answer);
  const { status, headers, text } = answer;
  demand(GRAPHQL_TYPES.has(headers.get('content-type')), `the type is ${headers.get('content-type')}`, answer);
  const body: unknown = JSON.parse(text);
  demand(isRecord(body), 'the body must be an object', answer);
  const { data, errors, ...others } = body;
  demand(Object.keys(others).length === 0, 'the body has other members than data and errors', answer);
  demand(data !== undefined || errors !== undefined, 'the body has neither data nor errors', answer);
  if (data !== undefined) {
    demand(status === 200 || status === 294, 'a result with data must have status 200 or 294', answer);
    demand(data === null || isRecord(data), 'data must be an object or null', answer);
  }
  if (errors === undefined) return { name: 'success', message: describeData(data) };
  demand(Array.isArray(errors) && errors.length > 0, 'errors must be a list that is not empty', answer);
  for (const error of errors) checkGraphqlError(error, answer);
  const [{ message, extensions }] = errors;
  // Yoga answers a document that does not parse or validate with 200 where the client accepts application/json.
  const mayBe200 = data !== undefined || GRAPHQL_CODES.has(extensions.code);
  demand(status >= 400 || mayBe200, 'a request that was not executed must have a status of 4xx', answer);
  return { name: extensions.code, message };
}

function checkGraphqlError(error: unknown, answer: FuzzAnswer): void {
  demand(isRecord(error), 'an error must be an object', answer);
  const { message, locations = [], path = [], extensions, ...others } = error;
  demand(typeof message === 'string' && message !== '', 'an error must have a message', answer);
  demand(Object.keys(others).length === 0, 'an error has members that are not of the specification', answer);
  demand(Array.isArray(locations) && locations.every((each) => each.line > 0 && each.column > 0), 'locations', answer);
  demand(Array.isArray(path) && path.every((each) => /^(string|number)$/.test(typeof each)), 'path', answer);
  demand(isRecord(extensions) && isKnownCode(extensions.code), 'an error must have a known code', answer);
}

/** Which fields of which types came back. */
function describeData(data: unknown): string {
  if (!isRecord(data)) return `${data}`;
  return Object.values(data)
    .map((each) => (isRecord(each) && isRecord(each.credential) ? `${each.credential.__typename}` : typeof each))
    .sort()
    .join(' ');
}

/** Checks an answer at another path: a document, or an error in the form of GraphQL. */
export function checkDocumentAnswer(answer: FuzzAnswer): Outcome {
  const { status, headers, text } = answer;
  if (status >= 400) return checkGraphqlAnswer(answer);
  demand(status === 200, 'a document must have status 200', answer);
  demand(headers.get('x-content-type-options') === 'nosniff', 'X-Content-Type-Options is missing', answer);
  if (/json/.test(headers.get('content-type') ?? '')) JSON.parse(text);
  return { name: 'document', message: text.slice(0, 20) };
}

/** Checks an answer of POST /delegation: what Auth0 sent, or an error in the form of RFC 6749 §5.2. */
export function checkLegacyAnswer(answer: FuzzAnswer): Outcome {
  checkHead(answer);
  demand(answer.headers.get('content-type') === JSON_TYPE, 'the type must be JSON', answer);
  return checkLegacyBody(JSON.parse(answer.text), answer.status, answer);
}

function checkLegacyBody(body: unknown, status: number, answer: FuzzAnswer): Outcome {
  demand(isRecord(body), 'the body must be an object', answer);
  demand(!Object.hasOwn(body, 'code'), 'the body has a key code', answer);
  if (status === 200) {
    demand(!Object.hasOwn(body, 'error'), 'a success has an error', answer);
    demand(Object.keys(body).length > 0, 'a success has no credential', answer);
    return { name: 'success', message: Object.keys(body).sort().join(' ') };
  }
  const { error, error_description: message } = body;
  demand(
    typeof error === 'string' && LEGACY_ERRORS.get(error)?.has(status),
    'the error is none of that status',
    answer,
  );
  demand(typeof message === 'string' && message !== '', 'an error must have a description', answer);
  return { name: error, message };
}

/** Checks a script of GET /delegation: one call of the callback, with a body of the endpoint. */
export function checkJsonpAnswer(answer: FuzzAnswer): Outcome {
  const { headers, text } = answer;
  if (headers.get('content-type') === JSON_TYPE) return checkLegacyAnswer(answer);
  checkHead(answer);
  demand(headers.get('content-type') === 'text/javascript; charset=utf-8', 'the type must be that of a script', answer);
  const [, argument] = /^[A-Za-z_$][\w$]{0,63}\((\{.*\})\);$/.exec(text) ?? [];
  demand(argument !== undefined && !/[\u2028\u2029<]/.test(text.slice(0, 64)), 'the script must be one call', answer);
  const { status = 200, ...body } = JSON.parse(argument);
  return checkLegacyBody(body, status, answer);
}
