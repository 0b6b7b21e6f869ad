import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../lib/json.js';
import { AnswerError, type DecodedJwt, decodeAnswer, Hidden, isJwt } from './decode-answer.js';

/** A place where two answers differ. */
export interface Difference {
  /** `id_token.claims.role`. */
  readonly path: string;
  /** The value as JSON, or what kind of value it is where it may be a credential; undefined where there is none. */
  readonly old: string | undefined;
  readonly new: string | undefined;
}

/** Why two answers that mean the same differ in a place. */
export type ExpectedReason = 'issuer' | 'time' | 'identifier' | 'credential';

export interface ExpectedDifference extends Difference {
  readonly reason: ExpectedReason;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** The issuer, times, identifiers and signatures, which differ between any two answers of two issuers. */
  readonly expected: readonly ExpectedDifference[];
}

/** The claims, header parameters and parameters of a shared access signature that are expected to differ. */
const EXPECTED: Readonly<Record<string, ExpectedReason>> = {
  'claims.iss': 'issuer',
  'claims.iat': 'time',
  'claims.exp': 'time',
  'claims.nbf': 'time',
  'claims.jti': 'identifier',
  'header.kid': 'identifier',
  'Credentials.Expiration': 'time',
};
/** Start and end of a shared access signature: of Azure Storage in ISO 8601, of Service Bus in epoch seconds. */
const SAS_TIMES = ['st', 'se'];

/**
 * Compares two JWTs, or two bodies of `POST /delegation`: what the JWTs in them say, not their bytes. It verifies no
 * signature, and the result contains no token, signature or other credential.
 *
 * @throws AnswerError when a text is neither, or when they are not of the same kind
 */
export function compareAnswers(oldText: string, newText: string): Comparison {
  const before = decode(oldText, 'The old one');
  const after = decode(newText, 'The new one');
  if (isJwt(before) !== isJwt(after)) throw new AnswerError('One is a token and the other one is an answer');
  const found: Collected = { differences: [], expected: [] };
  compareValues([], before, after, found);
  return found;
}

interface Collected {
  readonly differences: Difference[];
  readonly expected: ExpectedDifference[];
}

function decode(text: string, name: string): DecodedJwt | Record<string, unknown> {
  try {
    return decodeAnswer(text);
  } catch (error) {
    throw error instanceof AnswerError ? new AnswerError(`${name} ${error.message}`) : error;
  }
}

function compareValues(path: readonly string[], before: unknown, after: unknown, found: Collected): void {
  if (isDeepStrictEqual(before, after)) return;
  if (isMapping(before) && isMapping(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
      compareValues([...path, name], readOwn(before, name), readOwn(after, name), found);
    if (path.at(-1) === 'claims') compareLifetimes(path, before, after, found);
    return;
  }
  const difference = { path: formatSteps(path), old: show(before), new: show(after) };
  const reason = findReason(path, before, after);
  if (reason === undefined) found.differences.push(difference);
  else found.expected.push({ ...difference, reason });
}

/** Times are expected to differ; how long a token is valid is not. */
function compareLifetimes(
  path: readonly string[],
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  { differences }: Collected,
): void {
  const [old, now] = [before, after].map(({ iat, exp }) => Number(exp) - Number(iat));
  if (old === now || !Number.isFinite(old) || !Number.isFinite(now)) return;
  differences.push({ path: `${formatSteps(path)}: exp - iat`, old: `${old} s`, new: `${now} s` });
}

function findReason(path: readonly string[], before: unknown, after: unknown): ExpectedReason | undefined {
  if (before === undefined || after === undefined) return undefined;
  if (before instanceof Hidden && after instanceof Hidden && before.isFresh && after.isFresh) return 'credential';
  if (path.length === 2 && SAS_TIMES.includes(path[1] ?? '')) return 'time';
  return EXPECTED[path.slice(-2).join('.')];
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && !(value instanceof Hidden);
}

function readOwn(record: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function formatSteps(path: readonly string[]): string {
  return path.map((step) => (/^[\w$-]{1,64}$/.test(step) ? step : JSON.stringify(step.slice(0, 256)))).join('.');
}

function show(value: unknown): string | undefined {
  return JSON.stringify(value, (_name, each) => (each instanceof Hidden ? describeHidden(each) : each));
}

function describeHidden({ text }: Hidden): string {
  return `(${text.length} characters, not shown)`;
}
