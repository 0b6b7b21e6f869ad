import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthPlugin } from '@escape.tech/graphql-armor-max-depth';
import { maxTokensPlugin } from '@escape.tech/graphql-armor-max-tokens';
import { NoSchemaIntrospectionCustomRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { DelegationError } from '../../../errors.js';

/** What a document may be. */
export interface DocumentLimits {
  readonly introspection: boolean;
  readonly max_depth: number;
  readonly max_aliases: number;
  readonly max_tokens: number;
}

/** Refuses documents that would cost more than any honest one: tokens before parsing ends, the rest before anything runs. */
export function documentLimits({ max_tokens, max_depth, max_aliases, introspection }: DocumentLimits): Plugin[] {
  return [
    maxTokensPlugin({ n: max_tokens, onReject: refuse(`has more than ${max_tokens} tokens`) }),
    maxDepthPlugin({ n: max_depth, onReject: refuse(`is more than ${max_depth} levels deep`) }),
    maxAliasesPlugin({ n: max_aliases, allowList: [], onReject: refuse(`has more than ${max_aliases} aliases`) }),
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

function useNoIntrospection(): Plugin {
  return {
    onValidate({ addValidationRule }) {
      addValidationRule(NoSchemaIntrospectionCustomRule);
    },
  };
}
