import { GraphQLError, getOperationAST } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { DelegationError } from '../../../errors.js';
import type { HttpRequest } from '../../../http/message.js';
import { isRecord } from '../../../lib/json.js';
import type { RequestContext } from '../../context.js';
import { parseJson, readBody } from '../../request-body.js';
import { readMediaType } from '../../request-headers.js';
import { methodNotAllowed } from '../../responses.js';
import { checkQueryByGet, readQueryString } from '../query-string.js';
import { fromYogaRequest } from '../yoga-messages.js';

/** Far more than all input fields of as many aliases as a document may have by default. */
const MAX_VARIABLE_VALUES = 1_000;

/** Far longer than any name. An unknown one is compared with the names of the schema where suggestions are on. */
const MAX_KEY_LENGTH = 1_000;

/**
 * Takes operations by POST, with an `application/json` body of at most 100 KiB, and queries by GET, with their parameters in
 * the URL. Refuses all other requests.
 */
export function useRequestParameters(): Plugin<object, RequestContext> {
  return {
    onRequestParse({ request: given, setRequestParser }) {
      const request = fromYogaRequest(given);
      const read = selectReader(request);
      setRequestParser(async (): Promise<GraphQLParams> => {
        const parameters = await read(request);
        requireQuery(parameters);
        checkVariables(parameters.variables);
        return parameters;
      });
    },
    // Before the attempt guard, and before Yoga's own check.
    onParse({ context }) {
      const { request, params } = context as { request?: Request; params?: GraphQLParams };
      if (request?.method !== 'GET') return undefined;
      return ({ result }) => {
        if (!result || result instanceof Error) return;
        const operation = getOperationAST(result, params?.operationName);
        if (operation) checkQueryByGet(operation.operation, fromYogaRequest(request));
      };
    },
  };
}

type ReadParameters = (request: HttpRequest) => Readonly<Record<string, unknown>> | Promise<Record<string, unknown>>;

function selectReader(request: HttpRequest): ReadParameters {
  if (request.method === 'GET') return readQueryString;
  if (request.method !== 'POST') throw methodNotAllowed('GET', 'POST');
  if (readMediaType(request) === 'application/json') return readJsonBody;
  throw new DelegationError('INVALID_REQUEST', 'The Content-Type must be application/json', { status: 415 });
}

async function readJsonBody(request: HttpRequest): Promise<Record<string, unknown>> {
  const body = parseJson(await readBody(request));
  if (isRecord(body)) return body;
  throw new DelegationError('INVALID_REQUEST', 'The body must be a JSON object with "query"; batches are not taken');
}

/**
 * Answers a request that has only the hash of a query as Apollo Server does without persisted queries: Apollo Client and
 * urql then send the query.
 */
function requireQuery({ query, extensions }: Readonly<Record<string, unknown>>): void {
  if (query != null || !isRecord(extensions) || !isRecord(extensions.persistedQuery)) return;
  throw new GraphQLError('PersistedQueryNotSupported', {
    extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED', http: { status: 400, spec: true } },
  });
}
/** Coercion visits every value of the variables, at every depth: 100 KiB hold fifty thousand. */
function checkVariables(variables: unknown): void {
  const rest = [variables];
  for (let count = 0; rest.length > 0; count++) {
    const value = rest.pop();
    if (typeof value === 'object' && value !== null) {
      for (const [key, each] of Object.entries(value)) {
        if (key.length > MAX_KEY_LENGTH) {
          throw new DelegationError(
            'INVALID_REQUEST',
            `The variables hold a key of more than ${MAX_KEY_LENGTH} characters`,
          );
        }
        rest.push(each);
      }
    }
    if (count + rest.length > MAX_VARIABLE_VALUES) {
      throw new DelegationError('INVALID_REQUEST', `The variables hold more than ${MAX_VARIABLE_VALUES} values`);
    }
  }
}
