import type { Path } from '../config/path.js';
import { escapeInvisible } from '../lib/invisible-characters.js';

/**
 * One line about a service. `found` is what it is; a `warning` may be intended; with an `error` the gateway cannot use the
 * service. It contains nothing of the configuration but URLs without their query.
 */
export interface Finding {
  readonly level: 'found' | 'warning' | 'error';
  /** Where the configuration names the service. */
  readonly path: Path;
  readonly text: string;
}

/** Characters that are shown of a text of a service. */
const MAX_SHOWN = 128;

/** Quotes a text that a service sent, such as a `kid`: cut, and on one line. */
export function quote(text: string): string {
  const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  return `"${escapeInvisible(cut)}"`;
}

/** Shows a URL without its query, which may hold a key. */
export function showUrl(url: string): string {
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search && '?…'}`;
}
