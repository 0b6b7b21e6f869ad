/**
 * Tells whether lists and objects in a JSON text nest deeper than a limit, without parsing it: `JSON.parse` takes 40 ms for
 * 100,000 open brackets.
 */
export function isJsonNestedDeeper(text: string, levels: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = findStringEnd(text, at);
    else if (character === ']' || character === '}') depth--;
    else if ((character === '[' || character === '{') && ++depth > levels) return true;
  }
  return false;
}

/** @param start the index of the quotation mark that opens the string */
function findStringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
