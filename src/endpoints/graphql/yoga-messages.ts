import type { FetchAPI } from 'graphql-yoga';
import { type HttpRequest, HttpResponse } from '../../http/message.js';

// Yoga hands requests and responses on, and reads the method and the headers alone: it needs no whole Request.

/** Presents a request to Yoga. */
export function toYogaRequest(request: HttpRequest): Request {
  return request as unknown as Request;
}

/** The request that was presented to Yoga. */
export function fromYogaRequest(request: Request): HttpRequest {
  return request as unknown as HttpRequest;
}

/**
 * Presents a context to Yoga, which adds to it. It is not copied: a copy of so many properties would cost more than the
 * signature. Yoga asks for `waitUntil`, and nothing here has work that outlives its response.
 */
export function toYogaContext<Context extends object>(context: Context): Context & { waitUntil(): void } {
  return context as Context & { waitUntil(): void };
}

/** The class of the responses that Yoga makes. */
export const YOGA_FETCH_API: Partial<FetchAPI> = { Response: HttpResponse as unknown as typeof Response };

/** The response that Yoga made. */
export function fromYogaResponse(response: Response): HttpResponse {
  return response as unknown as HttpResponse;
}
