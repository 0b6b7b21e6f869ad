import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthPlugin } from '@escape.tech/graphql-armor-max-depth';
import { maxTokensPlugin } from '@escape.tech/graphql-armor-max-tokens';
import { NoSchemaIntrospectionCustomRule, validate } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { DelegationError } from '../../../errors.js';
import { useIntrospectionLimit } from './introspection-limit.js';

/** The `graphql` section of the configuration. */
export interface DocumentLimits {
  readonly introspection: boolean;
  /** Whether errors suggest names: "Did you mean …?". */
  readonly suggestions: boolean;
  readonly max_depth: number;
  readonly max_aliases: number;
  readonly max_tokens: number;
}

/** More errors of one document than anybody reads at once; each costs time to describe. */
const MAX_ERRORS = 10;

/** In characters. To find names that resemble an unknown one of 95 KB takes 15 ms. */
const MAX_LENGTH_WITH_SUGGESTIONS = 10_000;

/** Refuses expensive documents: lines and tokens while parsing, the other limits during validation. */
export function documentLimits({
  max_tokens,
  max_depth,
  max_aliases,
  introspection,
  suggestions,
}: DocumentLimits): Plugin[] {
  return [
    useLineLimit(max_tokens),
    maxTokensPlugin({ n: max_tokens, onReject: refuse(`has more than ${max_tokens} tokens`) }),
    useValidationOptions(suggestions),
    maxDepthPlugin({ n: max_depth, onReject: refuse(`is more than ${max_depth} levels deep`) }),
    maxAliasesPlugin({ n: max_aliases, allowList: [], onReject: refuse(`has more than ${max_aliases} aliases`) }),
    useIntrospectionLimit(),
    ...(introspection ? [] : [useNoIntrospection()]),
  ];
}

function refuse(reason: string): [() => never] {
  return [
    () => {
      throw new DelegationError('INVALID_REQUEST', `The document ${reason}`);
    },
  ];
}

/**
 * A document may have as many lines as tokens: graphql-js counts the lines from the start of the document for the location
 * of each error, and copies a block string several times to quote it.
 */
function useLineLimit(maxLines: number): Plugin {
  const [tooManyLines] = refuse(`has more than ${maxLines} lines`);
  return {
    onParse({ params: { source } }) {
      const text = typeof source === 'string' ? source : source.body;
      if (text.split(LINE_END, maxLines + 1).length > maxLines) tooManyLines();
    },
  };
}

const LINE_END = /\r\n|[\n\r]/;

function useValidationOptions(suggestions: boolean): Plugin {
  return {
    onValidate({ setValidationFn }) {
      setValidationFn((schema, document, rules) => {
        const hideSuggestions = !suggestions || (document.loc?.end ?? 0) > MAX_LENGTH_WITH_SUGGESTIONS;
        return validate(schema, document, rules, { maxErrors: MAX_ERRORS, hideSuggestions });
      });
    },
  };
}

function useNoIntrospection(): Plugin {
  return {
    onValidate({ addValidationRule }) {
      addValidationRule(NoSchemaIntrospectionCustomRule);
    },
  };
}
