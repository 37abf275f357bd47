// For how long others (browsers, CDNs) may keep what a root field gives: the hint `@cacheControl`, as Apollo's clients and gateways know it.
// It says nothing about the server's own cache, which knows what has changed.
import { DirectiveLocation, GraphQLDirective, GraphQLInt, Kind } from "graphql";
import type { DocumentNode, GraphQLField, GraphQLSchema, OperationDefinitionNode } from "graphql";
import { directiveOf, FieldDirective } from "./directives";
import { spreadFields } from "./selection";

export const cacheControlDirective = new GraphQLDirective({
  name: "cacheControl",
  description:
    "For how many seconds browsers and CDNs may keep an answer that has the field, when it is the same for everybody. An answer may be kept as long as all of its root fields may; those without the hint may not be kept.",
  locations: [DirectiveLocation.FIELD_DEFINITION],
  args: { maxAge: { type: GraphQLInt, description: "Seconds." } },
});

/** Declares the hint of a root field. */
export function CacheFor(maxAge: number): MethodDecorator & PropertyDecorator {
  return FieldDirective(cacheControlDirective.name, { maxAge });
}

/** For how many seconds an answer to the operation may be kept by others; 0 when it may not. */
export function maxAgeOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): number {
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  const fragments = Object.fromEntries(
    document.definitions.flatMap(definition =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
  const ages = spreadFields(operation.selectionSet, fragments).map(({ name }) => hintOf(fields[name.value]));
  return ages.length === 0 ? 0 : Math.min(...ages);
}

function hintOf(field: GraphQLField<unknown, unknown> | undefined): number {
  const maxAge = directiveOf(field, cacheControlDirective.name)?.["maxAge"];
  return typeof maxAge === "number" ? maxAge : 0;
}
