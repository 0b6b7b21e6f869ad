import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { Choices } from './choices.js';

/** Texts for the fields of the input that have to be right for a delegation. */
export interface KnownValues {
  readonly tokens: readonly string[];
  readonly clientIds: readonly string[];
}

/**
 * Writes valid documents of a schema: operations with aliases, arguments, variables, fragments and directives. Most values
 * are of the type that the schema asks for.
 */
export class DocumentWriter {
  readonly #schema: GraphQLSchema;
  readonly #choices: Choices;
  readonly #known: KnownValues;
  readonly #fragments: string[] = [];
  readonly #variables = new Map<string, { readonly type: GraphQLInputType; readonly value: unknown }>();
  #fields = 0;

  constructor(schema: GraphQLSchema, choices: Choices, known: KnownValues) {
    this.#schema = schema;
    this.#choices = choices;
    this.#known = known;
  }

  write(): { readonly query: string; readonly variables: Record<string, unknown>; readonly operationName?: string } {
    const isMutation = this.#choices.chance(70);
    const root = isMutation ? this.#schema.getMutationType() : this.#schema.getQueryType();
    const selection = this.#selection(root as GraphQLNamedType, 0);
    const definitions = [...this.#variables].map(([name, { type }]) => `$${name}: ${type}`);
    const name = this.#choices.chance(50) ? 'Operation' : '';
    const head = `${isMutation ? 'mutation' : 'query'} ${name}${definitions.length > 0 ? `(${definitions.join(', ')})` : ''}`;
    return {
      query: [`${head} ${selection}`, ...this.#fragments].join('\n'),
      variables: Object.fromEntries([...this.#variables].map(([variable, { value }]) => [variable, value])),
      ...(name && this.#choices.chance(50) && { operationName: name }),
    };
  }

  #selection(type: GraphQLNamedType, depth: number): string {
    if (isAbstractType(type)) {
      const possible = this.#schema.getPossibleTypes(type);
      const inline = possible
        .filter(() => this.#choices.chance(25))
        .map((each) => `... on ${each.name} ${this.#selection(each, depth + 1)}`);
      return `{ __typename token ${inline.join(' ')} }`;
    }
    if (!isObjectType(type)) return '';
    const fields = Object.values(type.getFields()).filter((field) => depth < 5 || isLeafType(getNamedType(field.type)));
    const chosen: string[] = [];
    for (let count = 1 + this.#choices.below(depth === 0 ? 2 : 4); count > 0; count--) {
      if (fields.length > 0) chosen.push(this.#field(this.#choices.pick(fields), depth));
    }
    if (chosen.length === 0 || this.#choices.chance(10)) chosen.push('__typename');
    if (depth === 0 && this.#choices.chance(4)) chosen.push('__typename');
    if (this.#choices.chance(8)) return this.#asFragment(type, chosen.join(' '));
    return `{ ${chosen.join(' ')} }`;
  }

  #asFragment(type: GraphQLNamedType, selection: string): string {
    const name = `F${this.#fragments.length}`;
    this.#fragments.push(`fragment ${name} on ${type.name} { ${selection} }`);
    return `{ ...${name} }`;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the type arguments of graphql-js
  #field(field: GraphQLField<any, any>, depth: number): string {
    // Two fields of one name and other arguments could not be merged, so that each has an alias of its own.
    const alias = field.args.length > 0 || this.#choices.chance(10) ? `a${this.#fields++}: ` : '';
    const given = field.args.filter((argument) => isNonNullType(argument.type) || this.#choices.chance(60));
    const values = given.map((argument) => `${argument.name}: ${this.#argument(argument)}`);
    const directive = this.#choices.chance(4)
      ? ` @${this.#choices.pick(['include', 'skip'])}(if: ${this.#choices.chance(50)})`
      : '';
    const type = getNamedType(field.type);
    const selection = isLeafType(type) ? '' : ` ${this.#selection(type, depth + 1)}`;
    return `${alias}${field.name}${values.length > 0 ? `(${values.join(', ')})` : ''}${directive}${selection}`;
  }

  #argument({ type }: GraphQLArgument): string {
    const value = inputValue(type, '', this.#choices, this.#known);
    if (this.#choices.chance(50)) {
      const name = `v${this.#variables.size}`;
      this.#variables.set(name, { type, value });
      return `$${name}`;
    }
    return writeLiteral(value, type);
  }
}

/** A value of an input type: mostly valid, and such that it can lead to a credential. */
export function inputValue(type: GraphQLInputType, name: string, choices: Choices, known: KnownValues): unknown {
  if (isNonNullType(type)) return inputValue(type.ofType, name, choices, known);
  if (choices.chance(1)) return choices.pick([null, choices.json(), choices.text()]);
  if (isListType(type)) {
    return Array.from({ length: choices.below(3) }, () => inputValue(type.ofType, name, choices, known));
  }
  if (isEnumType(type)) return choices.pick(type.getValues()).name;
  if (!isInputObjectType(type)) return leafValue(name, choices, known);
  const fields = Object.values(type.getFields());
  if (type.isOneOf) {
    const only = choices.chance(85) ? fields[0]! : choices.pick(fields);
    const value = inputValue(only.type, only.name, choices, known);
    return choices.chance(3) ? Object.fromEntries(fields.map((each) => [each.name, value])) : { [only.name]: value };
  }
  const shares: Readonly<Record<string, number>> = {
    subjectToken: 97,
    target: 70,
    scope: 20,
    clientId: 15,
    apiType: 15,
  };
  const given = fields.filter((field) => choices.chance(shares[field.name] ?? (name === '' ? 3 : 60)));
  return Object.fromEntries(given.map((field) => [field.name, inputValue(field.type, field.name, choices, known)]));
}

function leafValue(name: string, choices: Choices, { tokens, clientIds }: KnownValues): unknown {
  if (choices.chance(4)) return choices.text();
  if (/token$/i.test(name)) return choices.pick(tokens);
  if (name === 'clientId') return choices.pick(clientIds.slice(0, 2));
  if (name === 'target') return choices.pick(clientIds);
  if (name === 'scope') return choices.pick(['openid', 'openid profile', 'email', 'passthrough', 'READ', 'a"b']);
  return choices.pick(['acme', 'arn:aws:iam::123456789012:role/web', 'nonce-1', choices.text()]);
}

/** A value as a literal of GraphQL; an enum value has no quotes. */
function writeLiteral(value: unknown, type: GraphQLInputType): string {
  const inner = isNonNullType(type) ? type.ofType : type;
  if (Array.isArray(value)) {
    const item = isListType(inner) ? inner.ofType : inner;
    return `[${value.map((each) => writeLiteral(each, item)).join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = isInputObjectType(inner) ? inner.getFields() : {};
    const entries = Object.entries(value).map(([name, each]) => {
      const field = fields[name];
      return `${/^[_a-z]\w*$/i.test(name) ? name : 'x'}: ${writeLiteral(each, field?.type ?? inner)}`;
    });
    return `{ ${entries.join(', ')} }`;
  }
  if (isEnumType(inner) && typeof value === 'string' && /^[_a-z]\w*$/i.test(value)) return value;
  return JSON.stringify(value) ?? 'null';
}
