// Queries for tools and the fields that start from a tool's own tables.
import { Arg, Args, Ctx, FieldResolver, Info, Query, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { RequireAccess } from "../../graphql/access";
import { connect, listAll } from "../../graphql/connection";
import { findBy } from "../../graphql/lookup";
import { PageArgs } from "../../graphql/page.args";
import { RichText } from "../../graphql/rich-text.type";
import { today, type RequestContext } from "../../request/context";
import { ToolBy } from "./tool.inputs";
import { factsOfTool, plansOfTool, toolEntity, tools, type FactRow, type ToolPlanRow, type ToolRow } from "./tool.rows";
import { Fact, FactConnection, Money, Source, Tool, ToolConnection, ToolPlan } from "./tool.type";

@Resolver(() => Tool)
export class ToolResolver {
  @RequireAccess("PUBLIC")
  @Query(() => Tool, {
    nullable: true,
    description:
      'One tool, or null when there is none.\n\nExample: `{ tool(by: { slug: "cursor" }) { name vendor plans { name price { amount currency } } } }`',
  })
  tool(
    @Arg("by", () => ToolBy, { description: "Which tool." }) by: ToolBy,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return findBy(toolEntity, by, ctx, info);
  }

  @RequireAccess("PUBLIC")
  @Query(() => ToolConnection, {
    description:
      "All tools by name, ignoring case.\n\nExample: `{ tools(first: 10) { nodes { slug name } totalCount } }`",
  })
  tools(@Args(() => PageArgs) args: PageArgs, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return connect(tools, null, args, ctx, info);
  }

  @FieldResolver(() => RichText, { description: "What it is and how it works." })
  description(@Root() tool: ToolRow): RichText {
    return { markdown: tool.descriptionMarkdown, html: tool.descriptionHtml, text: tool.descriptionText };
  }

  @FieldResolver(() => [ToolPlan], { description: "The ways to pay for it, in the editors' order; at most 100." })
  plans(@Root() tool: ToolRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return listAll(plansOfTool, tool.id, ctx, info);
  }

  @FieldResolver(() => FactConnection, { description: "Dated statements about the tool, in the editors' order." })
  facts(
    @Root() tool: ToolRow,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(factsOfTool, tool.id, args, ctx, info);
  }
}

@Resolver(() => ToolPlan)
export class ToolPlanResolver {
  @FieldResolver(() => Money, { nullable: true, description: "The price for one `unit`; null when it is not public." })
  price(@Root() plan: ToolPlanRow): Money | null {
    return plan.amount === null || plan.currency === null ? null : { amount: plan.amount, currency: plan.currency };
  }

  @FieldResolver(() => Source, { description: "Where the price comes from." })
  source(@Root() plan: ToolPlanRow): Source {
    return { name: plan.sourceName, url: plan.sourceUrl };
  }
}

@Resolver(() => Fact)
export class FactResolver {
  @FieldResolver(() => Source, { description: "Where the fact comes from." })
  source(@Root() fact: FactRow): Source {
    return { name: fact.sourceName, url: fact.sourceUrl };
  }

  @FieldResolver(() => Boolean, { description: "Whether `staleAfter` has passed, by the day in UTC." })
  isStale(@Root() fact: FactRow, @Ctx() ctx: RequestContext): boolean {
    return fact.staleAfter !== null && fact.staleAfter < today(ctx);
  }
}
