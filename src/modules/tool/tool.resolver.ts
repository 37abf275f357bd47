// Queries for tools and the fields that start from a tool's own tables.
import { Arg, Args, Ctx, FieldResolver, Info, Query, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { RequireAccess } from "../../graphql/access";
import { CacheFor } from "../../graphql/cache-control";
import { connect, listAll } from "../../graphql/connection";
import { find, findBy } from "../../graphql/lookup";
import { RichText } from "../../graphql/rich-text.type";
import { today, type RequestContext } from "../../request/context";
import { TopicListArgs } from "../topic/topic.args";
import { topicEntity } from "../topic/topic.rows";
import { Topic } from "../topic/topic.type";
import { FactListArgs, ToolListArgs } from "./tool.args";
import { ToolBy } from "./tool.inputs";
import {
  alternativesOfTool,
  facts,
  topicsOfTool,
  factsOfTool,
  plansOfTool,
  toolEntity,
  tools,
  type FactRow,
  type ToolPlanRow,
  type ToolRow,
} from "./tool.rows";
import {
  Fact,
  FactConnection,
  Money,
  Source,
  Tool,
  ToolAlternativeConnection,
  ToolConnection,
  ToolTopicConnection,
  ToolPlan,
} from "./tool.type";

@Resolver(() => Tool)
export class ToolResolver {
  @RequireAccess("PUBLIC")
  @CacheFor(60)
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
  @CacheFor(60)
  @Query(() => ToolConnection, {
    description:
      'Tools, by name unless told.\n\nExample: `{ tools(first: 10, filter: { protocols: { includes: MCP }, plans: { some: { amount: { lte: "20" }, currency: { eq: "USD" } } } }) { nodes { slug name } totalCount } }`',
  })
  tools(@Args(() => ToolListArgs) args: ToolListArgs, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
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

  @FieldResolver(() => ToolTopicConnection, {
    description: "The topics whose pages show the tool, in the catalogue's order unless told; the edge says why.",
  })
  topics(
    @Root() tool: ToolRow,
    @Args(() => TopicListArgs) args: TopicListArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(topicsOfTool, tool.id, args, ctx, info);
  }

  @FieldResolver(() => ToolAlternativeConnection, {
    description:
      "Tools of the same category that topic pages show beside it, those that share the most pages first unless told.",
  })
  alternatives(
    @Root() tool: ToolRow,
    @Args(() => ToolListArgs) args: ToolListArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(alternativesOfTool, tool.id, args, ctx, info);
  }

  @FieldResolver(() => FactConnection, {
    description: "Dated statements about the tool, in the editors' order unless told.",
  })
  facts(
    @Root() tool: ToolRow,
    @Args(() => FactListArgs) args: FactListArgs,
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
  @RequireAccess("PUBLIC")
  @CacheFor(60)
  @Query(() => FactConnection, {
    description:
      "Dated statements about tools and topics, the first that are due for a check first unless told.\n\nExample: `{ facts(first: 10, filter: { isStale: true }) { nodes { statement staleAfter tool { name } } } }`",
  })
  facts(@Args(() => FactListArgs) args: FactListArgs, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return connect(facts, null, args, ctx, info);
  }

  @FieldResolver(() => Tool, { nullable: true, description: "The tool it is about; null when it is about a topic." })
  tool(@Root() fact: FactRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return find(toolEntity, "id", fact.toolId, ctx, info);
  }

  @FieldResolver(() => Topic, { nullable: true, description: "The topic it is about; null when it is about a tool." })
  topic(@Root() fact: FactRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return find(topicEntity, "id", fact.topicId, ctx, info);
  }

  @FieldResolver(() => Source, { description: "Where the fact comes from." })
  source(@Root() fact: FactRow): Source {
    return { name: fact.sourceName, url: fact.sourceUrl };
  }

  @FieldResolver(() => Boolean, { description: "Whether `staleAfter` has passed, by the day in UTC." })
  isStale(@Root() fact: FactRow, @Ctx() ctx: RequestContext): boolean {
    return fact.staleAfter !== null && fact.staleAfter < today(ctx);
  }
}
