// What fields cost, as `@cost` and `@listSize` say it: the directives of the cost specification (https://ibm.github.io/graphql-specs/cost-spec.html)
// in the form that Apollo's router reads. What is printed is what is computed.
import {
  DirectiveLocation,
  getNamedType,
  getNullableType,
  GraphQLBoolean,
  GraphQLDirective,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  isCompositeType,
  isListType,
  isObjectType,
  type GraphQLField,
  type GraphQLSchema,
} from "graphql";
import { defaultPageSize } from "../request/page-args";
import { addDirective, directiveOf, FieldDirective, fieldsOf } from "./directives";

export const costDirective = new GraphQLDirective({
  name: "cost",
  description:
    "What one value of the field costs beside what is selected below it: 1 for an object and 0 for a scalar or an enum, unless it says otherwise.",
  locations: [DirectiveLocation.FIELD_DEFINITION],
  args: { weight: { type: new GraphQLNonNull(GraphQLInt), description: "In objects of the catalogue." } },
});

export const listSizeDirective = new GraphQLDirective({
  name: "listSize",
  description: "How many items a list counts as before it is read.",
  locations: [DirectiveLocation.FIELD_DEFINITION],
  args: {
    assumedSize: { type: GraphQLInt, description: "When no argument says it." },
    slicingArguments: {
      type: new GraphQLList(new GraphQLNonNull(GraphQLString)),
      description: "The arguments that say it; of one that is a list, its length.",
    },
    sizedFields: {
      type: new GraphQLList(new GraphQLNonNull(GraphQLString)),
      description: "The fields of the answer that are the list, where it is not the answer itself.",
    },
    requireOneSlicingArgument: {
      type: GraphQLBoolean,
      defaultValue: true,
      description: "Whether one of these arguments, and one alone, has to be there.",
    },
  },
});

/** Changing something takes statements that reading it does not. */
const mutationWeight = 10;
/** Lists that are short by nature. */
const plainListSize = 10;
/** The fields of a connection that hold its page. */
const pageFields = ["edges", "nodes"];

/** Declares what one value of the field costs, where it is not what its type costs. */
export function Cost(weight: number): MethodDecorator & PropertyDecorator {
  return FieldDirective("cost", { weight });
}

/** Declares how many items a list has at most that has no pages. */
export function ListSize(assumedSize: number): MethodDecorator & PropertyDecorator {
  return FieldDirective("listSize", { assumedSize });
}

/** Gives every list its size, and every mutation its weight, that does not declare them. */
export function declareCosts(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    addDirective(field, "cost", { weight: mutationWeight });
  }
  const paged = fieldsOf(schema).filter(field => hasArgument(field, "first"));
  const pages = new Set<GraphQLField<unknown, unknown>>();
  for (const field of paged) {
    const connection = isList(field) ? undefined : getNamedType(field.type);
    const sizedFields = isObjectType(connection) ? pageFields.flatMap(name => connection.getFields()[name] ?? []) : [];
    sizedFields.forEach(page => pages.add(page));
    addDirective(field, "listSize", {
      assumedSize: defaultPageSize,
      slicingArguments: ["first", "last"],
      ...(sizedFields.length > 0 ? { sizedFields: sizedFields.map(({ name }) => name) } : {}),
      requireOneSlicingArgument: false,
    });
  }
  for (const field of fieldsOf(schema)) {
    if (!isList(field) || !isCompositeType(getNamedType(field.type)) || pages.has(field)) continue;
    addDirective(
      field,
      "listSize",
      hasArgument(field, "ids") ? { slicingArguments: ["ids"] } : { assumedSize: plainListSize },
    );
  }
}

/** What one value of the field costs by itself. */
export function weightOf(field: GraphQLField<unknown, unknown>): number {
  const weight = directiveOf(field, "cost")?.["weight"];
  if (typeof weight === "number") return weight;
  return isCompositeType(getNamedType(field.type)) ? 1 : 0;
}

export interface ListSizeRule {
  assumedSize?: number;
  slicingArguments?: readonly string[];
  sizedFields?: readonly string[];
}

export function listSizeOf(field: GraphQLField<unknown, unknown>): ListSizeRule | undefined {
  return directiveOf(field, "listSize");
}

const isList = ({ type }: GraphQLField<unknown, unknown>) => isListType(getNullableType(type));
const hasArgument = ({ args }: GraphQLField<unknown, unknown>, name: string) =>
  args.some(argument => argument.name === name);
