import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { isPlausibleName } from '../../config/plausible-name.js';
import { editDistance } from '../../lib/edit-distance.js';

/** Rewrites a message of graphql-js or Yoga so that it repeats no part of the request that may be a token. */
export type SafeMessage = (message: string) => string;

/** The words of more than eight letters in the messages of graphql-js and Yoga. */
const VOCABULARY = `
  ambiguous anonymous argument arguments blockstring character composite condition configured conflicting contained
  contains defined definition definitions description descriptions determine different differing directive directives
  disabled duplicate encountered exceeded executable execution expecting extension extensions fragments intentional
  introspection location mandatory multiple nullable operation operations parameter persistedquerynotsupported position possible processing
  properties provided represent requested required selection selections sequence shorthand something specified
  subfields subscription supported undefined unexpected unterminated validation variables`;

/** Too short to be a token. */
const SHORT_WORD = /^[a-z]{1,8}$/;
const SMALL_NUMBER = /^\d{1,5}$/;
const PUNCTUATION = /^(?:[^\w\s]{1,4}|<EOF>\.?|U\+[0-9A-F]{4,6}\.?)$/;

/** A longer message quotes a long value. It is cut before anything else reads it. */
const MAX_LENGTH = 500;

const SUGGESTION = / Did you mean .*$/s;
/** A value quoted at the end: `Enum "ApiType" cannot represent non-string value: {…}. Did you mean …`. */
const VALUE_AT_END = /( cannot represent [a-z -]*value): .*?(?=$| Did you mean )/s;
/** The name in a message about a name that the schema does not have. A value, which may be a token, is never there. */
const UNKNOWN_NAME =
  /^(?:Variable "\$\w{1,40}" got an invalid value(?: at "[\w.[\]]{1,80}")?: )?(?:Cannot query field|Unknown argument|Unknown type|Field|Unexpected parameter) "(\w{1,40})"(?: on (?:type|field) "| is not defined by type "| in the request body\.|\.)/;

/** A quoted text, which may have no end because the message was cut, or a run of other characters. */
const QUOTED_OR_RUN = /"((?:[^"\\]|\\.)*)(?:"|\\?$)|[^\s"]+/gs;
/** A name, a type, a variable, a path of names: `$input`, `[String!]`, `input.scope[0]`, `viewer { ... }`. */
const NAMES = /^[\w.$@![\](){}: ]+$/;

/**
 * Builds the filter for messages: it keeps the vocabulary of graphql-js, the names of the schema, their misspellings, the
 * plausible names of fields that do not exist, and words that are too short to be a token. It replaces every other word by "…".
 *
 * @param suggestions whether "Did you mean …?" may reveal names of the schema
 */
export function safeMessages(schema: GraphQLSchema, suggestions: boolean): SafeMessage {
  const names = schemaNames(schema);
  const vocabulary = new Set([...VOCABULARY.trim().split(/\s+/), ...names]);
  const isKnown = (word: string) => vocabulary.has(word) || names.some((name) => isMisspelling(name, word));
  const isHarmless = (word: string) => SHORT_WORD.test(word) || SMALL_NUMBER.test(word) || isKnown(word);

  const mayQuote = (text: string) => {
    if (PUNCTUATION.test(text)) return true;
    const [first = '', ...path] = text.toLowerCase().match(/\w+/g) ?? [];
    return NAMES.test(text) && isHarmless(first) && path.every((word) => SMALL_NUMBER.test(word) || isKnown(word));
  };
  const mayRepeat = (run: string) => {
    const words = run.toLowerCase().replace(/^[(]+|[.,;:!?)]+$/g, '');
    return PUNCTUATION.test(run) || words.split('-').every(isHarmless);
  };
  return (message) => {
    const short = cut(message);
    const shown = suggestions ? short : short.replace(SUGGESTION, '');
    const unknown = UNKNOWN_NAME.exec(shown)?.[1];
    const named = unknown !== undefined && isPlausibleName(unknown) ? unknown : undefined;
    return shown.replace(VALUE_AT_END, '$1').replace(QUOTED_OR_RUN, (part, quoted) => {
      if (quoted === undefined) return mayRepeat(part) ? part : '…';
      return quoted === named || mayQuote(quoted) ? part : '"…"';
    });
  };
}

function cut(message: string): string {
  return message.length > MAX_LENGTH ? `${message.slice(0, MAX_LENGTH)} …` : message;
}

/** The names of types, fields, arguments, enum values and directives, in lower case. */
function schemaNames(schema: GraphQLSchema): readonly string[] {
  const names = schema.getDirectives().flatMap(({ name, args }) => [name, ...args.map((arg) => arg.name)]);
  for (const type of Object.values(schema.getTypeMap())) {
    names.push(type.name);
    if (isEnumType(type)) names.push(...type.getValues().map(({ name }) => name));
    if (isInputObjectType(type)) names.push(...Object.keys(type.getFields()));
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const { name, args } of Object.values(type.getFields())) names.push(name, ...args.map((arg) => arg.name));
  }
  return [...new Set(names.map((name) => name.toLowerCase()))];
}

/**
 * Whether a word differs from a name by one character, or by two where the name has more than five. Several digits
 * in it are no slip of the keyboard: "s3cr3t" is more likely to be a part of a token than the field "secret".
 */
function isMisspelling(name: string, word: string): boolean {
  if (/\d.*\d/.test(word)) return false;
  const limit = name.length > 5 ? 2 : 1;
  return editDistance(name, word, limit) <= limit;
}
