import { OperationTypeNode } from 'graphql';
import { DelegationError } from '../../errors.js';
import type { HttpRequest } from '../../http/message.js';
import { parseJson } from '../request-body.js';
import { methodNotAllowed } from '../responses.js';

/** As many characters as a body may have bytes. */
const MAX_LENGTH = 100 * 1024;

/**
 * Reads the parameters of an operation by GET (GraphQL over HTTP, section 6.1).
 *
 * @throws DelegationError INVALID_REQUEST, with 405 where there is no operation in the URL
 */
export function readQueryString({ query }: Pick<HttpRequest, 'query'>): Readonly<Record<string, unknown>> {
  if (query.length > MAX_LENGTH) {
    throw new DelegationError('INVALID_REQUEST', `The URL is longer than ${MAX_LENGTH} characters`, { status: 413 });
  }
  const given = new URLSearchParams(query);
  if (!given.has('query') && !given.has('extensions')) throw methodNotAllowed('POST');
  return {
    query: readOnce(given, 'query'),
    operationName: readOnce(given, 'operationName'),
    variables: readJson(given, 'variables'),
    extensions: readJson(given, 'extensions'),
  };
}

/**
 * By GET there are queries and no mutations, and the token comes in a header: what is in a URL stays in logs and histories.
 * A browser sends an Authorization header for a page of another origin only after a preflight request, so such a page
 * cannot use up the attempts of its visitor.
 *
 * @throws DelegationError INVALID_REQUEST with 405, or INVALID_TOKEN
 */
export function checkQueryByGet(operation: OperationTypeNode, { headers }: Pick<HttpRequest, 'headers'>): void {
  if (operation !== OperationTypeNode.QUERY) throw methodNotAllowed('POST');
  if (headers.get('authorization') !== null) return;
  throw new DelegationError('INVALID_TOKEN', 'A query by GET must have an Authorization: Bearer header', {
    tokenMissing: true,
  });
}

function readOnce(given: URLSearchParams, name: string): string | undefined {
  const values = given.getAll(name);
  if (values.length > 1) throw new DelegationError('INVALID_REQUEST', `${name} is given twice`);
  return values[0];
}

function readJson(given: URLSearchParams, name: string): unknown {
  const text = readOnce(given, name);
  return text ? parseJson(text, name) : undefined;
}
