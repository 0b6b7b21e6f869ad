import { DelegationError } from '../../errors.js';
import type { LegacyAnswer } from './bodies.js';

const CALLBACK = /^[A-Za-z_$][\w$]{0,63}$/;

/** @throws DelegationError INVALID_REQUEST when there is no name or more than one, or one that a script could hide in */
export function callbackName([name, ...others]: readonly string[]): string {
  if (name !== undefined && others.length === 0 && CALLBACK.test(name)) return name;
  throw new DelegationError(
    'INVALID_REQUEST',
    'cbx must be the name of a callback, given once: letters, digits, "_" and "$", at most 64',
  );
}

/** A script that calls the callback. A browser hands on no status of a script, so an error has it inside. */
export function callbackResponse(callback: string, { status, headers, body }: LegacyAnswer): Response {
  const argument = JSON.stringify(status === 200 ? body : { ...body, status });
  // Both are line ends in a script before ECMAScript 2019, and text in JSON.
  const script = `${callback}(${argument.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')});`;
  return new Response(script, {
    status: 200,
    headers: { ...headers, 'Content-Type': 'text/javascript; charset=utf-8' },
  });
}
