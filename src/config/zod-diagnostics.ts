import type { z } from 'zod';
import { type Fault, faultAt } from './faults.js';

/** What zod found, in the words of this project: zod's own messages can repeat a value. */
export function issueFaults(issue: z.core.$ZodIssue, document: unknown): Fault[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') {
    const hints = issue.message.split('\n');
    return issue.keys.map((key, index) => ({ path: [...path, key], message: `unknown key; ${hints[index]}` }));
  }
  return [faultAt(document, path, expectedOf(issue))];
}

/** What an issue expected, in words that follow "expected". */
function expectedOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return NAMES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `${sizeOf(issue.origin)} of at least ${issue.minimum}${unitOf(issue)}`;
    case 'too_big':
      return `${sizeOf(issue.origin)} of at most ${issue.maximum}${unitOf(issue)}`;
    case 'invalid_key':
      return 'a name that is not empty';
    default:
      return issue.message;
  }
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  nonoptional: 'a value',
};

function sizeOf(origin: string): string {
  return origin === 'number' || origin === 'int' ? 'a number' : origin === 'array' ? 'a list' : 'a string';
}

function unitOf(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const one = (issue.code === 'too_small' ? issue.minimum : issue.maximum) === 1;
  if (issue.origin === 'array') return one ? ' entry' : ' entries';
  if (issue.origin === 'string') return one ? ' character' : ' characters';
  return '';
}
