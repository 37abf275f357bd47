// The published bound: how many SQL statements an operation may take, from its text alone.
import {
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  parse,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from "graphql";
import type { Operation } from "./operation";

/** Parts of a connection that are made of its page. */
const parts = ["edges", "node", "nodes", "pageInfo"];
/** Fields without subfields that are counted all the same, since they ask the database. */
const leaves = ["totalCount", "claim", "isBookmarked"];

/** Lookups by a slug, which ask once more, among former addresses, where no entity has it. */
const lookups = ["topic", "tool", "lesson", "module"];

/** Distinct pairs of a field with subfields and its arguments, by path, and one for each totalCount, claim and isBookmarked; one for each type that `node` and `nodes` may give; one more for each lookup. */
export function statementBound(schema: GraphQLSchema, { text, variables }: Operation): number {
  const document = parse(text);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const operation = document.definitions.find(definition => definition.kind === Kind.OPERATION_DEFINITION);
  const query = schema.getQueryType();
  if (!operation || !query) throw new Error("no operation");
  const pairs = new Set<string>();

  const visit = (set: SelectionSetNode, type: GraphQLNamedType, path: string): void => {
    for (const selection of set.selections) {
      if (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.["if"] === true) continue;
      if (getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.["if"] === false) continue;
      if (selection.kind !== Kind.FIELD) {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
        const inner = fragment?.typeCondition ? schema.getType(fragment.typeCondition.name.value) : type;
        if (fragment && inner) visit(fragment.selectionSet, inner, path);
        continue;
      }
      const field = isObjectType(type) ? type.getFields()[selection.name.value] : undefined;
      if (!field) continue;
      const returned = getNamedType(field.type);
      const here = `${path}/${type.name}.${field.name}${JSON.stringify(getArgumentValues(field, selection, variables))}`;
      if (leaves.includes(field.name)) pairs.add(here);
      if (type === query && lookups.includes(field.name)) pairs.add(`${here} by a former address`);
      if (!selection.selectionSet || !isCompositeType(returned)) continue;
      if (
        (type === query || !parts.includes(field.name)) &&
        type.name !== "PlanComparisonRow" &&
        type.name !== "FactComparisonRow"
      ) {
        const types =
          isAbstractType(returned) && returned.name === "Node" ? schema.getPossibleTypes(returned) : [returned];
        for (const possible of types) pairs.add(`${here} ${possible.name}`);
      }
      visit(selection.selectionSet, returned, here);
    }
  };
  visit(operation.selectionSet, query, "");
  return pairs.size;
}
