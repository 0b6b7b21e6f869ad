import {
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql';

/**
 * Lists the types of a schema in the order in which a person reads them: the roots, then what the input of each of their
 * fields needs and what the field returns, depth first, an interface before the types that implement it. Scalars are last.
 */
export function listInReadingOrder(schema: GraphQLSchema): GraphQLNamedType[] {
  const roots = [schema.getQueryType(), schema.getMutationType()].filter((type) => type != null);
  const found = new Set<GraphQLNamedType>(roots);
  const visit = (type: GraphQLNamedType): void => {
    if (found.has(type)) return;
    found.add(type);
    visitReferences(type);
  };
  const visitReferences = (type: GraphQLNamedType): void => {
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) visit(getNamedType(field.type));
    }
    if (!isObjectType(type) && !isInterfaceType(type)) return;
    for (const each of type.getInterfaces()) visit(each);
    for (const { args, type: result } of Object.values(type.getFields())) {
      for (const arg of args) visit(getNamedType(arg.type));
      visit(getNamedType(result));
    }
    if (isInterfaceType(type)) schema.getPossibleTypes(type).forEach(visit);
  };
  // The mutation first: it is what the schema is for.
  roots.toReversed().forEach(visitReferences);
  const types = [...found, ...Object.values(schema.getTypeMap()).filter((type) => !found.has(type))];
  const own = types.filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type));
  return [...own.filter((type) => !isScalarType(type)), ...own.filter(isScalarType)];
}
