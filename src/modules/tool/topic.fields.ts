// The fields that tools add to topics and their sections.
import { Args, Ctx, FieldResolver, Info, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { connect, listAll } from "../../graphql/connection";
import type { RequestContext } from "../../request/context";
import { TopicListArgs } from "../topic/topic.args";
import type { TopicRow, TopicSectionRow } from "../topic/topic.rows";
import { Topic, TopicSection } from "../topic/topic.type";
import { FactListArgs, ToolListArgs } from "./tool.args";
import { factsOfTopic, relatedTopics, toolsOfSection, toolsOfTopic, type TopicToolLink } from "./tool.rows";
import {
  FactConnection,
  RelatedTopicConnection,
  Tool,
  ToolTopicEdge,
  TopicToolConnection,
  TopicToolEdge,
} from "./tool.type";

@Resolver(() => Topic)
export class TopicToolFields {
  @FieldResolver(() => TopicToolConnection, {
    description: "The tools that matter for the topic, by rank unless told; the edge says why.",
  })
  tools(
    @Root() topic: TopicRow,
    @Args(() => ToolListArgs) args: ToolListArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(toolsOfTopic, topic.id, args, ctx, info);
  }

  @FieldResolver(() => RelatedTopicConnection, {
    description: "Topics whose pages show some of the same tools, those that share the most first unless told.",
  })
  relatedTopics(
    @Root() topic: TopicRow,
    @Args(() => TopicListArgs) args: TopicListArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(relatedTopics, topic.id, args, ctx, info);
  }

  @FieldResolver(() => FactConnection, {
    description: "Dated statements about the field of work, in the editors' order unless told.",
  })
  facts(
    @Root() topic: TopicRow,
    @Args(() => FactListArgs) args: FactListArgs,
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

@Resolver(() => ToolTopicEdge)
export class ToolTopicEdgeResolver {
  @FieldResolver(() => Boolean, { description: "Whether that page shows the tool with emphasis." })
  isFeatured(@Root() edge: TopicToolLink): boolean {
    return edge.featured;
  }
}
