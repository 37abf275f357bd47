// Orders as clients see them: one definition beside each entity makes the GraphQL input and the sort keys.
import { Field, InputType, registerEnumType, type ClassType } from "type-graphql";
import type { OrderKey } from "../request/list";
import { defineEnum } from "./enums";

export const OrderDirection = { ASC: "ASC", DESC: "DESC" } as const;
export type OrderDirection = keyof typeof OrderDirection;

defineEnum(OrderDirection, "OrderDirection", "Which way a list is ordered.", {
  ASC: "The smallest, the earliest or the first of the alphabet first.",
  DESC: "The other way round.",
});

/** What a list is ordered by, as the client gave it. */
export interface OrderInput {
  field: string;
  direction: OrderDirection;
}

export interface EntityOrder<Name extends string = string> {
  /** The GraphQL input, called `<name>Order`. */
  readonly input: ClassType<OrderInput>;
  readonly keys: Readonly<Record<Name, readonly OrderKey[]>>;
}

/**
 * The orders of an entity; the last key of each is the id.
 * @param items what the ordered rows are called, e.g. "topics".
 */
export function defineOrder<Name extends string>(
  name: string,
  items: string,
  orders: Readonly<Record<Name, { description: string; keys: readonly OrderKey[] }>>,
): EntityOrder<Name> {
  const names = Object.keys(orders) as Name[];
  const fields = Object.fromEntries(names.map(field => [field, field]));
  registerEnumType(fields, {
    name: `${name}OrderField`,
    description: `What ${items} can be ordered by.`,
    valuesConfig: Object.fromEntries(names.map(field => [field, { description: orders[field].description }])),
  });

  @InputType(`${name}Order`, { description: `The order of a list of ${items}. What is equal is ordered by age.` })
  class Order implements OrderInput {
    @Field(() => fields, { description: "What to order by." })
    readonly field!: string;

    @Field(() => OrderDirection, { defaultValue: OrderDirection.ASC, description: "Which way." })
    readonly direction!: OrderDirection;
  }
  const keys = Object.fromEntries(names.map(field => [field, orders[field].keys])) as Record<Name, readonly OrderKey[]>;
  return { input: Order, keys };
}
