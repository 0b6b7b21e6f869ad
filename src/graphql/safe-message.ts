/** Longer than any name of the schema: what is this long in a message may be a token. */
const LONG_RUN = /[\w.~+/=-]{32,}/g;
/** Quoted text that cannot be a name or a type of the schema. */
const QUOTED_VALUE = /"(?!\$?[A-Za-z_]\w{0,30}(?:\.\w{1,31})*"|\[*[A-Za-z_]\w{0,30}[!\]]*")(?:[^"\\]|\\.)*"?/gs;
const SUGGESTION = / Did you mean .*$/s;

/**
 * A message of graphql-js without the values that it repeats from the request: a token that was put in the wrong place
 * must not come back in an error, from where it would reach a log.
 *
 * @param suggestions whether "Did you mean …?" stays
 */
export function withoutValues(message: string, suggestions: boolean): string {
  const hint = suggestions ? (SUGGESTION.exec(message)?.[0] ?? '') : '';
  return (
    message
      .replace(SUGGESTION, '')
      // Variable "$input" got invalid value {…} at "input.scope"; Expected …
      .replace(
        /^(Variable "\$\w+") got invalid value .*?((?: at "[\w.[\]]+")?); (?=[^;]*$)/s,
        '$1 got an invalid value$2: ',
      )
      .replace(/^(Variable "\$\w+") got invalid value .*$/s, '$1 got an invalid value')
      // … cannot represent a non string value: 12, … found "…".
      .replace(/( cannot represent[^:]*| found|Unexpected|Expected)(:? )(?=["{[\d-])[^;]*$/s, '$1 something else')
      .replace(/( cannot represent[^:]*): .*$/s, '$1')
      .replace(QUOTED_VALUE, '"…"')
      .replace(LONG_RUN, '…') + hint.replace(LONG_RUN, '…')
  );
}
