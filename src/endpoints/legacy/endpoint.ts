import { type ExecutionResult, parse } from 'graphql';
import type { AddonDefinition } from '../../addons/addon.js';
import type { DelegatePayload } from '../../delegation/payload.js';
import { DelegationError } from '../../errors.js';
import { isRecord } from '../../lib/is-record.js';
import type { RequestContext } from '../context.js';
import type { DelegateInput } from '../graphql/schema/delegate-input.js';
import type { GraphqlServer } from '../graphql/yoga.js';
import { mediaType, parseForm, parseJson, readBody } from '../request-body.js';
import { jsonResponse, methodNotAllowed } from '../responses.js';
import { failure, type LegacyAnswer, refusal, successBody } from './bodies.js';
import { callbackName, callbackResponse } from './jsonp.js';
import { legacyParameters } from './parameters.js';

/** `POST /delegation`, as Auth0 had it: a client of the mutation. */
export type LegacyEndpoint = (request: Request, context: RequestContext) => Promise<Response>;

/** All that the answer needs comes with the payload, so that the selection is the least that there is. */
const DOCUMENT = parse('mutation LegacyDelegation($input: DelegateInput!) { delegate(input: $input) { __typename } }');

/** The endpoint in front of a GraphQL server: parameters in, the mutation through the same pipeline, the old bodies out. */
export function createLegacyEndpoint(yoga: GraphqlServer, addons: readonly AddonDefinition[]): LegacyEndpoint {
  const parameters = legacyParameters(addons);
  const byApiType = new Map(addons.map((addon) => [addon.apiType, addon]));

  async function delegate(input: DelegateInput, request: Request, context: RequestContext): Promise<LegacyAnswer> {
    let payload: DelegatePayload | undefined;
    const { schema, execute, contextFactory } = yoga.getEnveloped({
      ...context,
      request,
      onPayload: (each: DelegatePayload) => {
        payload = each;
      },
    } as never);
    const contextValue = await contextFactory();
    const result = (await execute({
      schema,
      document: DOCUMENT,
      contextValue,
      variableValues: { input },
    })) as ExecutionResult;
    if (result.errors || !payload) return refusal(result);
    const http = result.extensions?.http as { headers?: Record<string, string> } | undefined;
    return { status: 200, headers: http?.headers ?? {}, body: successBody(payload, byApiType) };
  }

  return async (request, context) => {
    const jsonp = request.method === 'GET' && context.tenant.jsonp;
    if (request.method !== 'POST' && !jsonp) throw methodNotAllowed('POST', ...(context.tenant.jsonp ? ['GET'] : []));
    if (!jsonp) {
      const { status, headers, body } = await delegate(
        parameters.toInput(await bodyParameters(request)),
        request,
        context,
      );
      return jsonResponse(body, { status, headers });
    }
    const query = new URL(request.url).searchParams;
    const callback = callbackName(query.getAll('cbx'));
    const answer = await settle(async () => delegate(parameters.toInput(query), request, context));
    return callbackResponse(callback, answer);
  };
}

/** An answer to an error on the way to the mutation. */
export function legacyErrorResponse(error: unknown): Response {
  const { status, headers, body } = failure(error);
  return jsonResponse(body, { status, headers });
}

async function settle(answer: () => Promise<LegacyAnswer>): Promise<LegacyAnswer> {
  try {
    return await answer();
  } catch (error) {
    return failure(error);
  }
}

async function bodyParameters(request: Request): Promise<Iterable<readonly [string, unknown]>> {
  switch (mediaType(request)) {
    case 'application/x-www-form-urlencoded':
      return parseForm(await readBody(request));
    case 'application/json':
      return objectEntries(parseJson(await readBody(request)));
    default:
      throw new DelegationError(
        'INVALID_REQUEST',
        'The Content-Type must be application/json or application/x-www-form-urlencoded',
        { status: 415 },
      );
  }
}

function objectEntries(body: unknown): [string, unknown][] {
  if (!isRecord(body)) throw new DelegationError('INVALID_REQUEST', 'The body must be a JSON object');
  return Object.entries(body);
}
