// The paging arguments that every connection field takes. Their rules are in request/page-args.ts.
import { ArgsType, Field, Int } from "type-graphql";
import { defaultPageSize, maxPageSize, type PageArguments } from "../request/page-args";

@ArgsType()
export class PageArgs implements PageArguments {
  @Field(() => Int, {
    nullable: true,
    description: `How many items to take from the start, or after \`after\`: 1 to ${maxPageSize}; ${defaultPageSize} when neither \`first\` nor \`last\` is given.`,
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: "Take items after this cursor." })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `How many items to take from the end, or before \`before\`: 1 to ${maxPageSize}. Not together with \`first\`.`,
  })
  last?: number | null;

  @Field(() => String, { nullable: true, description: "Take items before this cursor." })
  before?: string | null;
}
