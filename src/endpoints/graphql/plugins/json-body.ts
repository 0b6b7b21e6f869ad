import type { Plugin } from 'graphql-yoga';
import { DelegationError } from '../../../errors.js';
import { isRecord } from '../../../lib/is-record.js';
import { mediaType, parseJson, readBody } from '../../request-body.js';
import { methodNotAllowed } from '../../responses.js';

/** Far more than every field of every alias that a document may have by default. */
const MAX_VARIABLE_VALUES = 1_000;

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
        if (!isRecord(body)) {
          throw new DelegationError(
            'INVALID_REQUEST',
            'The body must be a JSON object with "query"; batches are not taken',
          );
        }
        checkVariables(body.variables);
        return body;
      });
    },
  };
}

/** Fifty faults among the ten thousand values that fit into a body cost graphql-js a quarter of a second to describe. */
function checkVariables(variables: unknown): void {
  const rest = [variables];
  for (let count = 0; rest.length > 0; count++) {
    if (count > MAX_VARIABLE_VALUES) {
      throw new DelegationError('INVALID_REQUEST', `The variables hold more than ${MAX_VARIABLE_VALUES} values`);
    }
    const value = rest.pop();
    if (typeof value === 'object' && value !== null) rest.push(...Object.values(value));
  }
}
