import type * as z from 'zod';
import type { Path } from './path.js';

/** The path of a zod issue. */
export function readIssuePath({ path }: z.core.$ZodIssue): Path {
  return path.map((step) => (typeof step === 'symbol' ? String(step) : step));
}

/** Describes what a zod issue expected, to follow "expected": zod's own messages can repeat a value. */
export function describeExpected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_NAMES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `${describeSized(issue.origin)} of at least ${issue.minimum}${describeUnit(issue)}`;
    case 'too_big':
      return `${describeSized(issue.origin)} of at most ${issue.maximum}${describeUnit(issue)}`;
    case 'invalid_key':
      return 'a name that is not empty';
    default:
      return issue.message;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  nonoptional: 'a value',
};

function describeSized(origin: string): string {
  return origin === 'number' || origin === 'int' ? 'a number' : origin === 'array' ? 'a list' : 'a string';
}

function describeUnit(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const isOne = (issue.code === 'too_small' ? issue.minimum : issue.maximum) === 1;
  if (issue.origin === 'array') return isOne ? ' entry' : ' entries';
  if (issue.origin === 'string') return isOne ? ' character' : ' characters';
  return '';
}
