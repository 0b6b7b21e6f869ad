import type { Deps } from '../deps.js';
import { DelegationError } from '../errors.js';
import { type HttpRequest, HttpResponse } from '../http/message.js';
import type { MetricsPage } from '../observability/metrics-page.js';
import { maskUnexpected } from '../observability/unexpected-error.js';
import { type HealthCheck, livenessResponse, readinessResponse } from './health.js';
import { readRequestId } from './request-headers.js';
import { errorResponse, methodNotAllowed } from './responses.js';

export interface OperationsOptions {
  /** What `/readyz` looks at. */
  readonly healthChecks: readonly HealthCheck[];
  /** What `/metrics` serves; undefined where it is not served. */
  readonly metricsPage: MetricsPage | undefined;
}

export const OPERATIONS_PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);

/** Answers what operators ask for, whichever tenant the host belongs to: `/livez`, `/readyz` and `/metrics`. */
export function answerOperations(
  request: HttpRequest,
  { healthChecks, metricsPage }: OperationsOptions,
): HttpResponse | Promise<HttpResponse> | undefined {
  switch (request.path) {
    case '/livez':
      return livenessResponse();
    case '/readyz':
      return readinessResponse(healthChecks);
    case '/metrics':
      return metricsPage && metricsResponse(request, metricsPage);
    default:
      return undefined;
  }
}

/** Answers at an address of its own, where there is nothing else. It never rejects. */
export async function answerOnlyOperations(
  request: HttpRequest,
  options: OperationsOptions,
  deps: Pick<Deps, 'log' | 'randomUUID'>,
): Promise<HttpResponse> {
  try {
    const response = await answerOperations(request, options);
    if (response) return response;
    throw new DelegationError('INVALID_REQUEST', 'There is nothing at this path', { status: 404 });
  } catch (error) {
    return errorResponse(maskUnexpected(error, deps.log, readRequestId(request, deps)));
  }
}

async function metricsResponse({ method }: HttpRequest, page: MetricsPage): Promise<HttpResponse> {
  if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed('GET');
  return new HttpResponse(await page.render(), { headers: { 'Content-Type': page.contentType } });
}
