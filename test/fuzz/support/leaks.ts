import { secrets } from '../../support/secrets.js';

/** Characters of a token in a row. Whatever repeats twice as many is found. */
const FRAGMENT = 12;
/** Values of the credentials that a success is made of. */
const RANDOM = /[a-z]/i;

/** The parts of a token that nobody may repeat: all of it, or all but the header of a JWT. */
function listFragments(token: string): string[] {
  const parts = token.split('.');
  const secretParts = parts.length === 3 ? parts.slice(1) : parts;
  return secretParts.flatMap((part) => {
    const fragments: string[] = [];
    for (let at = 0; at + FRAGMENT <= part.length; at += FRAGMENT) {
      const fragment = part.slice(at, at + FRAGMENT);
      if (RANDOM.test(fragment) && new Set(fragment).size > 5) fragments.push(fragment);
    }
    return fragments;
  });
}

/** @throws Error when a text repeats a part of a token that the case sent */
export function expectNoTokens(where: string, text: string, tokens: readonly string[]): void {
  for (const token of tokens) {
    if (listFragments(token).some((fragment) => text.includes(fragment))) {
      throw new Error(`a token that was sent is repeated in ${where}: ${text}`);
    }
  }
}

/** @throws Error when a text contains a configured secret or a key */
export function expectNoSecrets(where: string, text: string): void {
  secrets.observe(where, text);
  const leaks = secrets.takeLeaks();
  if (leaks.length > 0) throw new Error(`it leaked ${leaks.join('; ')}`);
}
