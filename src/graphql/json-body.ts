import type { Plugin } from 'graphql-yoga';
import { DelegationError } from '../errors.js';
import { mediaType, parseJson, readBody } from '../http/body.js';
import { methodNotAllowed } from '../http/messages.js';

/** Takes POST with `application/json` and nothing else, and reads no more of a body than it may have. */
export function useJsonBody(): Plugin {
  return {
    onRequestParse({ request, setRequestParser }) {
      if (request.method !== 'POST') throw methodNotAllowed('POST');
      if (mediaType(request) !== 'application/json') {
        throw new DelegationError('INVALID_REQUEST', 'The Content-Type must be application/json', { status: 415 });
      }
      setRequestParser(async (each) => {
        const body = parseJson(await readBody(each));
        if (typeof body !== 'object' || body === null || Array.isArray(body)) {
          throw new DelegationError(
            'INVALID_REQUEST',
            'The body must be a JSON object with "query"; batches are not taken',
          );
        }
        return body;
      });
    },
  };
}
