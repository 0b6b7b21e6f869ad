import * as z from 'zod';
import { isRecord } from '../../lib/json.js';

/** The default lifetime of a credential, in minutes. */
export const DEFAULT_MINUTES = 5;
/** `expiresIn` is a 32-bit Int of seconds. */
const MAX_MINUTES = Math.floor((2 ** 31 - 1) / 60);

/** The `expiration` of an add-on, in whole minutes; Auth0 allows zero. */
export function minutes() {
  return z.int().min(0).max(MAX_MINUTES);
}

/** Treats an empty string in these optional fields as absent: Auth0 exports one for a field left blank in a form. */
export function blankToUndefined<Schema extends z.ZodType>(schema: Schema, ...fields: readonly string[]) {
  return z.preprocess((given) => {
    if (!isRecord(given)) return given;
    return Object.fromEntries(Object.entries(given).filter(([name, value]) => value !== '' || !fields.includes(name)));
  }, schema);
}

/** Whether a text has no line break or other control character, and can be percent-encoded. */
export function isOneLine(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text);
}
