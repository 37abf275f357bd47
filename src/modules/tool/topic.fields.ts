// The fields that tools add to topics and their sections.
import { Args, Ctx, FieldResolver, Info, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { connect, listAll } from "../../graphql/connection";
import { PageArgs } from "../../graphql/page.args";
import type { RequestContext } from "../../request/context";
import type { TopicRow, TopicSectionRow } from "../topic/topic.rows";
import { Topic, TopicSection } from "../topic/topic.type";
import { factsOfTopic, toolsOfSection, toolsOfTopic, type TopicToolLink } from "./tool.rows";
import { FactConnection, Tool, TopicToolConnection, TopicToolEdge } from "./tool.type";

@Resolver(() => Topic)
export class TopicToolFields {
  @FieldResolver(() => TopicToolConnection, {
    description: "The tools that matter for the topic, by rank; the edge says why.",
  })
  tools(
    @Root() topic: TopicRow,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(toolsOfTopic, topic.id, args, ctx, info);
  }

  @FieldResolver(() => FactConnection, {
    description: "Dated statements about the field of work, in the editors' order.",
  })
  facts(
    @Root() topic: TopicRow,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(factsOfTopic, topic.id, args, ctx, info);
  }
}

@Resolver(() => TopicSection)
export class SectionToolFields {
  @FieldResolver(() => [Tool], {
    description: "The tools that the section's text mentions, in order of first appearance; at most 100.",
  })
  mentionedTools(@Root() section: TopicSectionRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return listAll(toolsOfSection, section.id, ctx, info);
  }
}

@Resolver(() => TopicToolEdge)
export class TopicToolEdgeResolver {
  @FieldResolver(() => Boolean, { description: "Whether the page shows the tool with emphasis." })
  isFeatured(@Root() edge: TopicToolLink): boolean {
    return edge.featured;
  }
}
