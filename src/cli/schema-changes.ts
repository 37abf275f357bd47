// What a changed schema does to programs that were written for the released one; docs/schema-changes.md says it in words.
// For development: production does not have @graphql-inspector/core.
import type { Change, TypeOfChangeType } from "@graphql-inspector/core";
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLEnumValue,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLSchema,
} from "graphql";

const effects = ["breaking", "dangerous", "safe"] as const;
const effectByLevel = { BREAKING: "breaking", DANGEROUS: "dangerous", NON_BREAKING: "safe" } as const;

export interface SchemaChange {
  /** Breaking: programs fail. Dangerous: they run, and may meet what they do not expect. Safe: they notice nothing. */
  effect: (typeof effects)[number];
  message: string;
}

/**
 * What changed between two schemas, given as text: in a schema that was not read from text the inspector sees no directives.
 * Leaves out descriptions, and the parts of what is new.
 */
export async function compareSchemas(released: string, present: string): Promise<SchemaChange[]> {
  const { diff } = await import("@graphql-inspector/core");
  const [before, after] = [buildSchema(released), buildSchema(present)];
  const rated = (await diff(before, after)).map(change => ({ change, effect: effectOf(change, before, after) }));
  // Only among what is safe: the inspector's own rule simplifyChanges hides a lost field behind an added interface.
  const isShown = withoutDetails(rated.filter(({ effect }) => effect === "safe").map(({ change }) => change));
  return rated
    .filter(({ change, effect }) => effect !== "safe" || isShown.has(change))
    .map(({ change, effect }) => ({ effect, message: change.message }));
}

/** For people: the changes, by their effect. */
export function describeChanges(changes: readonly SchemaChange[]): string {
  const groups = effects.map(effect => ({ effect, found: changes.filter(change => change.effect === effect) }));
  const lines = groups
    .filter(({ found }) => found.length > 0)
    .flatMap(({ effect, found }) => [`${effect}:`, ...found.map(({ message }) => `  ${message}`)]);
  return lines.length === 0 ? "nothing changed since the release" : lines.join("\n");
}

function effectOf(change: Change, released: GraphQLSchema, present: GraphQLSchema): SchemaChange["effect"] {
  const path = change.path ?? "";
  switch (change.type as TypeOfChangeType) {
    case "FIELD_REMOVED":
    case "FIELD_ARGUMENT_REMOVED":
    case "INPUT_FIELD_REMOVED":
    case "ENUM_VALUE_REMOVED":
      return typeof find(released, path)?.deprecationReason === "string" ? "dangerous" : "breaking";
    case "TYPE_REMOVED":
      return isReachedThroughInterface(released, path) ? "breaking" : "dangerous";
    case "FIELD_ARGUMENT_DEFAULT_CHANGED":
    case "INPUT_FIELD_DEFAULT_VALUE_CHANGED":
      // Dangerous for the inspector even where the default is gone and a value has to be given now.
      return isRequired(find(present, path)) ? "breaking" : "dangerous";
    default:
      return effectByLevel[change.criticality.level];
  }
}

/**
 * No type can be deprecated. What leads to it, a field or an argument, goes with it and is rated by itself; but nothing goes when
 * an object is only one of those that a field of an interface can give, such as `Query.node`.
 */
function isReachedThroughInterface(schema: GraphQLSchema, name: string): boolean {
  const type = schema.getType(name);
  return isObjectType(type) && type.getInterfaces().length > 0;
}

type Member = GraphQLField<unknown, unknown> | GraphQLArgument | GraphQLInputField | GraphQLEnumValue;

/** What stands at `Type.field`, `Type.field.argument`, `Input.field` or `Enum.VALUE`. */
function find(schema: GraphQLSchema, path: string): Member | null | undefined {
  const [typeName = "", name = "", argument] = path.split(".");
  const type = schema.getType(typeName);
  if (isEnumType(type)) return type.getValue(name);
  if (isInputObjectType(type)) return type.getFields()[name];
  if (!isObjectType(type) && !isInterfaceType(type)) return undefined;
  const field = type.getFields()[name];
  return argument === undefined ? field : field?.args.find(arg => arg.name === argument);
}

function isRequired(member: Member | null | undefined): boolean {
  return !!member && "defaultValue" in member && isNonNullType(member.type) && member.defaultValue === undefined;
}

/** The changes that are worth a line: not those of descriptions, nor those inside something added or made by it. */
function withoutDetails(changes: readonly Change[]): Set<Change> {
  const telling = changes.filter(({ type }) => !/DESCRIPTION/.test(String(type)));
  const added = new Map<string, Change>();
  for (const change of telling) {
    const path = change.path ?? "";
    if (/_ADDED$/.test(String(change.type)) && !added.has(path)) added.set(path, change);
  }
  const isPart = (change: Change) => {
    const names = (change.path ?? "").split(".");
    const holders = names.map((_, index) => added.get(names.slice(0, index + 1).join(".")));
    return holders.some(holder => holder !== undefined && holder !== change);
  };
  return new Set(telling.filter(change => !isPart(change)));
}
