import { isAsyncIterable, type Plugin, processRegularResult } from 'graphql-yoga';
import type { RequestContext } from '../../context.js';
import type { PresentError } from '../present-error.js';

const PARTIAL_SUCCESS = 294;

/**
 * Sends every result as JSON, with presented errors and the status that GraphQL over HTTP (September 2026) gives it.
 *
 * An executed operation, one with `data`, gets 200; with errors beside the data it gets 294 when the response is
 * `application/graphql-response+json`. Many clients cannot read `extensions.code` behind a 4xx. A result without `data`
 * has the status of its errors.
 */
export function useHttpResult(present: PresentError): Plugin<object, RequestContext> {
  return {
    onResultProcess({ result, setResult, resultProcessor, setResultProcessor, serverContext }) {
      // Nothing streams, and a caller that accepts only HTML or events still needs the error and its status.
      if (resultProcessor !== processRegularResult) setResultProcessor(processRegularResult, 'application/json');
      if (Array.isArray(result) || isAsyncIterable(result) || !result.errors) return;
      const errors = result.errors.map((error) => present(error, serverContext));
      if (result.data !== undefined) {
        for (const { extensions } of errors) {
          // `spec` tells Yoga to use the status only when the response is not `application/json`.
          extensions.http = { ...extensions.http, status: PARTIAL_SUCCESS, spec: true };
        }
      }
      setResult({ ...result, errors });
    },
  };
}
