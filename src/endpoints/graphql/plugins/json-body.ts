import type { Plugin } from 'graphql-yoga';
import { DelegationError } from '../../../errors.js';
import { isRecord } from '../../../lib/json.js';
import { parseJson, readBody } from '../../request-body.js';
import { readMediaType } from '../../request-headers.js';
import { methodNotAllowed } from '../../responses.js';
import { fromYogaRequest } from '../yoga-messages.js';

/** Far more than all input fields of as many aliases as a document may have by default. */
const MAX_VARIABLE_VALUES = 1_000;

/** Far longer than any name. An unknown one is compared with the names of the schema where suggestions are on. */
const MAX_KEY_LENGTH = 1_000;

/** Takes POST requests with an `application/json` body of at most 100 KiB and refuses all others. */
export function useJsonBody(): Plugin {
  return {
    onRequestParse({ request: given, setRequestParser }) {
      const request = fromYogaRequest(given);
      if (request.method !== 'POST') throw methodNotAllowed('POST');
      if (readMediaType(request) !== 'application/json') {
        throw new DelegationError('INVALID_REQUEST', 'The Content-Type must be application/json', { status: 415 });
      }
      setRequestParser(async () => {
        const body = parseJson(await readBody(request));
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
