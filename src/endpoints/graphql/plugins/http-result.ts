import { isAsyncIterable, type Plugin, processRegularResult } from 'graphql-yoga';

const PARTIAL_SUCCESS = 294;

/**
 * Sends every result as JSON, with the status that GraphQL over HTTP (September 2026) gives it.
 *
 * An executed operation, one with `data`, gets 200; with errors beside the data it gets 294 when the response is
 * `application/graphql-response+json`. The headers of its errors stay. Many clients cannot read `extensions.code` behind
 * a 4xx. A result without `data` keeps the status of its errors.
 */
export function useHttpResult(): Plugin {
  return {
    onExecutionResult({ result }) {
      if (!result || isAsyncIterable(result) || result.data === undefined) return;
      for (const { extensions } of result.errors ?? []) {
        // `spec` tells Yoga to use this status only where the response is not `application/json`.
        extensions.http = { ...extensions.http, status: PARTIAL_SUCCESS, spec: true };
      }
    },
    onResultProcess({ resultProcessor, setResultProcessor }) {
      // Nothing streams, and a caller that accepts only HTML or events still needs the error and its status.
      if (resultProcessor !== processRegularResult) setResultProcessor(processRegularResult, 'application/json');
    },
  };
}
