import type { AddonDefinition } from '../../addons/addon.js';
import { buildUnreadableAuditEvent } from '../../delegation/audit-event.js';
import { delegate } from '../../delegation/delegate.js';
import type { DelegationRequest } from '../../delegation/request.js';
import { DelegationError } from '../../errors.js';
import type { HttpRequest, HttpResponse } from '../../http/message.js';
import { isRecord } from '../../lib/json.js';
import { maskUnexpected } from '../../observability/unexpected-error.js';
import { CLIENT_AUTHENTICATION_PARAMETERS } from '../client-authentication.js';
import type { BuildContext, Endpoint, EndpointContext, RequestContext } from '../context.js';
import { parseForm, parseJson, readBody } from '../request-body.js';
import { readMediaType } from '../request-headers.js';
import { jsonResponse, methodNotAllowed } from '../responses.js';
import { callbackResponse, parseCallbackName } from './jsonp.js';
import { createParameterParser, type Parameters } from './parameters.js';
import { type LegacyAnswer, presentDelegation, presentLegacyError } from './present.js';
import { answerBeside } from './shadow.js';

/** Creates `POST /delegation`, as Auth0 had it; with JSONP enabled also `GET /delegation`. */
export function createLegacyEndpoint(addons: readonly AddonDefinition[], buildContext: BuildContext): Endpoint {
  const parseParameters = createParameterParser(addons);
  const byApiType = new Map(addons.map((addon) => [addon.apiType, addon]));

  /** A request that cannot be read counts as an attempt, so it has an audit event. */
  async function readRequest(
    readParameters: () => Promise<Parameters>,
    authorization: string | null,
    context: EndpointContext,
  ): Promise<{ readonly parameters: Parameters; readonly request: DelegationRequest }> {
    try {
      const parameters = await readParameters();
      return { parameters, request: parseParameters(parameters, authorization) };
    } catch (error) {
      const refusal = maskUnexpected(error, context.deps.log, context.requestId);
      context.audit.write(buildUnreadableAuditEvent(context, refusal));
      throw refusal;
    }
  }

  async function answer(
    readParameters: () => Promise<Parameters>,
    authorization: string | null,
    context: RequestContext,
  ): Promise<LegacyAnswer> {
    try {
      const endpointContext = await buildContext(context);
      await endpointContext.takeAttempts(1);
      const { parameters, request } = await readRequest(readParameters, authorization, endpointContext);
      const answerOwn = () => answerRequest(request, endpointContext);
      const { shadow } = context.tenant;
      return shadow
        ? await answerBeside(shadow, { parameters, request }, endpointContext, answerOwn)
        : await answerOwn();
    } catch (error) {
      return presentLegacyError(maskUnexpected(error, context.deps.log, context.requestId));
    }
  }

  async function answerRequest(request: DelegationRequest, context: EndpointContext): Promise<LegacyAnswer> {
    try {
      return presentDelegation(await delegate(request, context), byApiType);
    } catch (error) {
      return presentLegacyError(maskUnexpected(error, context.deps.log, context.requestId));
    }
  }

  return {
    name: 'delegation',
    async answer(request, context) {
      const { jsonp } = context.tenant;
      if (request.method === 'GET' && jsonp) {
        const query = new URLSearchParams(request.query);
        const callback = parseCallbackName(query.getAll('cbx'));
        return callbackResponse(callback, await answer(async () => withoutSecrets(query), null, context));
      }
      if (request.method !== 'POST') throw methodNotAllowed('POST', ...(jsonp ? ['GET'] : []));
      const authorization = request.headers.get('authorization');
      return toJson(await answer(() => readBodyParameters(request), authorization, context));
    },
    presentError: (error) => toJson(presentLegacyError(error)),
  };
}

/**
 * A URL must hold no secret of a client (RFC 6749 §2.3.1), and a page that loads a script has none.
 *
 * @throws DelegationError INVALID_REQUEST
 */
function withoutSecrets(query: URLSearchParams): URLSearchParams {
  const found = CLIENT_AUTHENTICATION_PARAMETERS.find((name) => query.get(name));
  if (found === undefined) return query;
  throw new DelegationError('INVALID_REQUEST', `${found} must not be in a URL`);
}

function toJson({ status, headers, body }: LegacyAnswer): HttpResponse {
  return jsonResponse(body, { status, headers });
}

/** @throws DelegationError INVALID_REQUEST */
async function readBodyParameters(request: HttpRequest): Promise<Parameters> {
  switch (readMediaType(request)) {
    case 'application/x-www-form-urlencoded':
      return parseForm(await readBody(request));
    case 'application/json': {
      const body = parseJson(await readBody(request));
      if (!isRecord(body)) throw new DelegationError('INVALID_REQUEST', 'The body must be a JSON object');
      return Object.entries(body);
    }
    default:
      throw new DelegationError(
        'INVALID_REQUEST',
        'The Content-Type must be application/json or application/x-www-form-urlencoded',
        { status: 415 },
      );
  }
}
