import { DelegationError } from '../../errors.js';
import { HttpResponse } from '../../http/message.js';
import type { LegacyAnswer } from './present.js';

const CALLBACK = /^[A-Za-z_$][\w$]{0,63}$/;

/** @throws DelegationError INVALID_REQUEST unless there is exactly one name, and it is a plain identifier */
export function parseCallbackName([name, ...others]: readonly string[]): string {
  if (name !== undefined && others.length === 0 && CALLBACK.test(name)) return name;
  throw new DelegationError(
    'INVALID_REQUEST',
    'cbx must be given once and name a callback: letters, digits, "_" and "$", at most 64 characters',
  );
}

/** Builds a script that calls the callback. A browser does not expose the status of a script, so errors contain it. */
export function callbackResponse(callback: string, { status, headers, body }: LegacyAnswer): HttpResponse {
  const argument = JSON.stringify(status === 200 ? body : { ...body, status });
  // JSON allows both in strings; scripts before ECMAScript 2019 read them as line ends.
  const script = `${callback}(${argument.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')});`;
  return new HttpResponse(script, {
    status: 200,
    headers: { ...headers, 'Content-Type': 'text/javascript; charset=utf-8' },
  });
}
