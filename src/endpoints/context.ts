import type { DelegationContext, EndpointName } from '../delegation/request.js';
import type { DelegationError } from '../errors.js';
import type { HttpRequest, HttpResponse } from '../http/message.js';
import type { AttemptGuardContext } from '../rate-limit/attempt-guard.js';
import type { DelegationLimitContext, DelegationLimiter } from '../rate-limit/delegation-limit.js';

/** What the router knows of a request. */
export interface RequestContext extends Omit<DelegationContext, keyof DelegationLimiter> {
  /** The token of an `Authorization: Bearer` header. */
  readonly bearerToken: string | undefined;
}

/** What answers at a path, and how it presents errors. */
export interface Endpoint {
  readonly name: EndpointName;
  answer(request: HttpRequest, context: RequestContext): HttpResponse | Promise<HttpResponse>;
  presentError(error: DelegationError): HttpResponse;
}

/** What the envelop plugins add: the two limiters. */
export type LimiterContext = AttemptGuardContext & DelegationLimitContext;

/** The context of every endpoint. */
export type EndpointContext = RequestContext & LimiterContext;

/** Runs the context factory of the envelop plugins. */
export type BuildContext = (context: RequestContext) => Promise<EndpointContext>;
