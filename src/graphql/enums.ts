// Registers the domain's enums with GraphQL, each value described. The values are Prisma's, so that schema and database cannot differ.
import { registerEnumType } from "type-graphql";

type Descriptions<E> = { readonly [Value in keyof E]: string };

/** Every value needs a description: a new value without one does not compile. */
export function defineEnum<E extends Record<string, string>>(
  values: E,
  name: string,
  description: string,
  valueDescriptions: Descriptions<E>,
): void {
  registerEnumType(values, {
    name,
    description,
    valuesConfig: Object.fromEntries(
      Object.entries(valueDescriptions).map(([value, text]) => [value, { description: text }]),
    ) as { [Value in keyof E]: { description: string } },
  });
}
