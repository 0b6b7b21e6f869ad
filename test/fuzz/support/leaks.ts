import { secrets } from '../../support/secrets.js';

/** Characters of a token in a row. Whatever repeats twice as many is found. */
const FRAGMENT = 12;
const RANDOM = /[a-z].*\d|\d.*[a-z]/i;

/** Cuts the parts of tokens that nobody may repeat: all of them, or all but the header of a JWT. */
function listFragments(tokens: readonly string[]): string[] {
  const fragments: string[] = [];
  for (const token of tokens) {
    const parts = token.split('.');
    for (const part of parts.length === 3 ? parts.slice(1) : parts) {
      for (let at = 0; at + FRAGMENT <= part.length; at += FRAGMENT) {
        const fragment = part.slice(at, at + FRAGMENT);
        if (RANDOM.test(fragment)) fragments.push(fragment);
      }
    }
  }
  return fragments;
}

export interface Observed {
  readonly where: string;
  readonly text: string;
  /** What a success is made of: the claims that the sent token has too. */
  readonly hasCredentials?: boolean;
}

/** @throws Error when a text contains a configured secret or a key, or repeats a part of a token that the case sent */
export function expectNoLeaks(observed: readonly Observed[], tokens: readonly string[]): void {
  for (const { where, text } of observed) secrets.observe(where, text);
  const leaks = secrets.takeLeaks();
  if (leaks.length > 0) throw new Error(`it leaked ${leaks.join('; ')}`);
  const fragments = listFragments(tokens);
  for (const { where, text, hasCredentials } of observed) {
    if (hasCredentials || !fragments.some((fragment) => text.includes(fragment))) continue;
    throw new Error(`a token that was sent is repeated in ${where}: ${text}`);
  }
}
