import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { editDistance } from '../../lib/edit-distance.js';

/** Rewrites a message of graphql-js or Yoga so that it repeats nothing of a request that may be a token. */
export type SafeMessage = (message: string) => string;

/** The words of graphql-js's and Yoga's messages that are longer than a short word. */
const VOCABULARY = `
  ambiguous anonymous argument arguments blockstring character composite condition configured conflicting contained
  contains defined definition definitions description descriptions determine different differing directive directives
  disabled duplicate encountered exceeded executable execution expecting extension extensions fragments intentional
  introspection location mandatory multiple nullable operation operations parameter position possible processing
  properties provided represent requested required selection selections sequence shorthand something specified
  subfields subscription supported undefined unexpected unterminated validation variables`;

/** What is no longer than this is too short to be a token. */
const SHORT_WORD = /^[a-z]{1,8}$/;
const SMALL_NUMBER = /^\d{1,5}$/;
const PUNCTUATION = /^(?:[^\w\s]{1,4}|<EOF>\.?|U\+[0-9A-F]{4,6}\.?)$/;

/** Their own messages are shorter; what is longer quotes a document, and to judge the words of 100 KiB takes a second. */
const MAX_LENGTH = 1000;

const SUGGESTION = / Did you mean .*$/s;
/** `Variable "$input" got invalid value {…} at "input.scope"; Expected …` */
const INVALID_VALUE =
  /^((?:Variable|Argument) "\$?\w+") (?:got|has) invalid value .*?( at "[\w.[\]]+")?(?:; ([A-Z].*))?$/s;
const VALUE_AT_END = /(?:, found|( value)): .*?(?=$| Did you mean )/s;
const QUOTED_OR_RUN = /"((?:[^"\\]|\\.)*)"|[^\s"]+/gs;
/** A name, a type, a variable, a path of names: `$input`, `[String!]`, `input.scope[0]`, `viewer { ... }`. */
const NAMES = /^[\w.$@![\](){}: ]+$/;

/**
 * Decides word by word. What stays is graphql-js's own vocabulary, the names of the schema, a slip of the pen in one of
 * those, and words too short to be a token; all else becomes "…", wherever it stands in a message.
 *
 * @param suggestions whether "Did you mean …?" may reveal names of the schema
 */
export function safeMessages(schema: GraphQLSchema, suggestions: boolean): SafeMessage {
  const names = schemaNames(schema);
  const vocabulary = new Set([...VOCABULARY.trim().split(/\s+/), ...names]);
  const isKnown = (word: string) => vocabulary.has(word) || names.some((name) => isSlipOf(name, word));
  const isHarmless = (word: string) => SHORT_WORD.test(word) || SMALL_NUMBER.test(word) || isKnown(word);

  const mayQuote = (text: string) => {
    if (PUNCTUATION.test(text)) return true;
    const [first = '', ...path] = text.toLowerCase().match(/\w+/g) ?? [];
    return NAMES.test(text) && isHarmless(first) && path.every((word) => SMALL_NUMBER.test(word) || isKnown(word));
  };
  const maySay = (run: string) => {
    const words = run.toLowerCase().replace(/^[(]+|[.,;:!?)]+$/g, '');
    return PUNCTUATION.test(run) || words.split('-').every(isHarmless);
  };
  return (message) =>
    cut(withoutValue(suggestions ? message : message.replace(SUGGESTION, ''))).replace(
      QUOTED_OR_RUN,
      (part, quoted) => {
        if (quoted === undefined) return maySay(part) ? part : '…';
        return mayQuote(quoted) ? part : '"…"';
      },
    );
}

function cut(message: string): string {
  return message.length > MAX_LENGTH ? `${message.slice(0, MAX_LENGTH)} …` : message;
}

/** Leaves out the values that a message quotes, as far as its form is known: the choice of words does not rely on it. */
function withoutValue(message: string): string {
  const [, subject, place = '', reason] = INVALID_VALUE.exec(message) ?? [];
  if (subject === undefined) return message.replace(VALUE_AT_END, '$1');
  return `${subject} got an invalid value${place}${reason === undefined ? '' : `: ${withoutValue(reason)}`}`;
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

/** Whether a word is a name with at most two letters left out, added or changed; one in a name of up to five. */
function isSlipOf(name: string, word: string): boolean {
  const most = name.length > 5 ? 2 : 1;
  if (Math.abs(name.length - word.length) > most) return false;
  return editDistance(name, word) <= most;
}
