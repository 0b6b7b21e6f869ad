import { escapeInvisible } from '../lib/invisible-characters.js';

const MAX_QUOTED = 100;

/** Names a client in notes and comments: `client "kZ9" ("Web app")`. */
export function describeClient({ client_id, name }: Readonly<Record<string, unknown>>): string {
  const id = typeof client_id === 'string' ? client_id : undefined;
  const first = `client ${quote(id ?? name ?? 'without a name')}`;
  return id !== undefined && typeof name === 'string' && name !== id ? `${first} (${quote(name)})` : first;
}

/** Shows a value of the export as JSON on one line, shortened, with its invisible characters escaped. */
export function quote(value: unknown): string {
  if (typeof value === 'string') return escapeInvisible(JSON.stringify(value.slice(0, MAX_QUOTED)));
  return escapeInvisible(JSON.stringify(value).slice(0, MAX_QUOTED));
}
