import { type ASTVisitor, isIntrospectionType, type ValidationContext } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { DelegationError } from '../../../errors.js';

/**
 * Refuses aliases in introspection, where each alias of a list would describe the whole schema once more: 15 of them make
 * an answer of megabytes. No known tool sends any. Several `__type` fields of the query need aliases, and may have them.
 */
export function useIntrospectionLimit(): Plugin {
  return {
    onValidate({ addValidationRule }) {
      addValidationRule(refuseIntrospectionAliases);
    },
  };
}

function refuseIntrospectionAliases(context: ValidationContext): ASTVisitor {
  return {
    Field({ alias, name }) {
      const parent = context.getParentType();
      if (!alias || !(name.value === '__schema' || (parent && isIntrospectionType(parent)))) return;
      throw new DelegationError('INVALID_REQUEST', 'The document has aliases within introspection');
    },
  };
}
