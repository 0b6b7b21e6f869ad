import { type ASTVisitor, isIntrospectionType, type ValidationContext } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { DelegationError } from '../../../errors.js';

/**
 * Refuses aliases in introspection, where each alias of a list would describe the whole schema once more: 15 of them make
 * an answer of megabytes. No known tool sends any. Several `__type` fields of the query need aliases, and may have them.
 * The same holds for `_service { sdl }`, which is the whole schema too.
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
      const isWithin = parent && (isIntrospectionType(parent) || parent.name === '_Service');
      if (!alias || !(isWithin || name.value === '__schema' || name.value === '_service')) return;
      throw new DelegationError('INVALID_REQUEST', 'The document has aliases within introspection');
    },
  };
}
