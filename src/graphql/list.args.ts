// The arguments of a list that can be filtered and ordered: those of a page, and two more.
import { ArgsType, Field, type ClassType } from "type-graphql";
import type { FilterInput } from "../request/filter";
import type { EntityFilter } from "./filter";
import type { EntityOrder, OrderInput } from "./order";
import { PageArgs } from "./page.args";

export interface ListArgs extends PageArgs {
  filter?: FilterInput | null;
  orderBy?: OrderInput | null;
}

/** The base of an entity's list arguments; the class itself extends it. */
export function listArgsOf(filter: EntityFilter, order: EntityOrder): ClassType<ListArgs> {
  @ArgsType()
  class ListArgsBase extends PageArgs implements ListArgs {
    @Field(() => filter.input, { nullable: true, description: "Only items that fit." })
    filter?: FilterInput | null;

    @Field(() => order.input, { nullable: true, description: "In this order; the list's own when left out." })
    orderBy?: OrderInput | null;
  }
  return ListArgsBase;
}
