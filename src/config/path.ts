import { isRecord } from '../lib/json.js';
import { isPlausibleName } from './plausible-name.js';

/** Where something stands in a configuration: the keys and list positions that lead to it. */
export type Path = readonly (string | number)[];

/** Reads what is at a path; undefined where there is nothing. Only own properties count. */
export function readPath(value: unknown, path: Path): unknown {
  return path.reduce(readStep, value);
}

/** Reads one key of a mapping or one position of a list; undefined where there is nothing. */
export function readStep(parent: unknown, step: string | number): unknown {
  if (Array.isArray(parent)) return typeof step === 'number' ? parent[step] : undefined;
  return isRecord(parent) && Object.hasOwn(parent, step) ? parent[step] : undefined;
}

/**
 * Formats a path: `tenants[0].clients[2].claims["https://example.com/role"]`. A key that does not look like a name is
 * not shown: it may be a secret that was pasted there, or that a missing space after a colon made part of the key.
 */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!isPlausibleName(step)) text += `[a key of ${step.length} characters]`;
    else if (/^[\w$-]{1,64}$/.test(step)) text += text ? `.${step}` : step;
    else if (/^([\w$.-]{1,64}|https?:\/\/[\w./-]{1,120})$/.test(step)) text += `["${step}"]`;
    else text += `[a key of ${step.length} characters]`;
  }
  return text;
}
