import { z } from 'zod';
import { isRecord } from '../../lib/is-record.js';

/** A mapping in which these optional fields may be empty texts, as an export of Auth0 has them where a form was left blank. */
export function mayLeaveBlank<Schema extends z.ZodType>(schema: Schema, ...fields: readonly string[]) {
  return z.preprocess((given) => {
    if (!isRecord(given)) return given;
    return Object.fromEntries(Object.entries(given).filter(([name, value]) => value !== '' || !fields.includes(name)));
  }, schema);
}
