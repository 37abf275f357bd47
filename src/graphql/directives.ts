// Directives on fields of the schema: declared beside the resolver, read while operations run, and printed in schema.graphql.
import { isInterfaceType, isObjectType, type GraphQLField, type GraphQLSchema } from "graphql";
import { Extensions } from "type-graphql";

export type DirectiveArguments = Readonly<Record<string, unknown>>;

/** Extensions of a field hold one entry for each directive: type-graphql replaces entries of the same name. */
const entry = (name: string): string => `@${name}`;

/** Declares a directive of a field. */
export function FieldDirective(name: string, args: DirectiveArguments): MethodDecorator & PropertyDecorator {
  return Extensions({ [entry(name)]: args });
}

/** The arguments of the field's directive; undefined when it has none of that name. */
export function directiveOf(
  field: GraphQLField<unknown, unknown> | undefined,
  name: string,
): DirectiveArguments | undefined {
  return field?.extensions[entry(name)] as DirectiveArguments | undefined;
}

/** Gives the field the directive unless it has one of that name. */
export function addDirective(field: GraphQLField<unknown, unknown>, name: string, args: DirectiveArguments): void {
  field.extensions = { [entry(name)]: args, ...field.extensions };
}

/** Puts what was declared where printers of schemas look for it. */
export function publishDirectives(schema: GraphQLSchema): void {
  for (const field of fieldsOf(schema)) {
    const declared = Object.entries(field.extensions).filter(([name]) => name.startsWith(entry("")));
    if (declared.length === 0) continue;
    const directives = Object.fromEntries(declared.map(([name, args]) => [name.slice(1), args]));
    field.extensions = { ...field.extensions, directives };
  }
}

/** Every field of the schema's object types and interfaces; those of introspection are not among them. */
export function fieldsOf(schema: GraphQLSchema): GraphQLField<unknown, unknown>[] {
  return Object.values(schema.getTypeMap())
    .filter(type => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith("__"))
    .flatMap(type => (isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : []));
}
