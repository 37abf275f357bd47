// Queries for topics and the fields that start from a topic's own tables.
import { Arg, Args, Ctx, FieldResolver, Info, Query, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { RequireAccess } from "../../graphql/access";
import { CacheFor } from "../../graphql/cache-control";
import { connect, listAll } from "../../graphql/connection";
import { find, findBy } from "../../graphql/lookup";
import { RichText } from "../../graphql/rich-text.type";
import { DateScalar } from "../../graphql/scalars";
import type { RequestContext } from "../../request/context";
import { TopicListArgs } from "./topic.args";
import { TopicCategory } from "./topic.enums";
import { findTopicAsOf } from "./topic.history";
import { TopicBy } from "./topic.inputs";
import {
  callToActionEntity,
  sectionsOfTopic,
  topicCategories,
  topicEntity,
  topics,
  topicsOfCategory,
  type TopicCategoryRow,
  type TopicRow,
  type TopicSectionRow,
} from "./topic.rows";
import { CallToAction, Seo, Topic, TopicCategoryGroup, TopicConnection, TopicSection } from "./topic.type";

@Resolver(() => Topic)
export class TopicResolver {
  @RequireAccess("PUBLIC")
  @CacheFor(60)
  @Query(() => Topic, {
    nullable: true,
    description:
      'One topic, or null when there is none. With `asOf`, as it stood at the end of that day: its own text, sections, tools and facts; what is around it is as it is now. That is asked for alone, without other root fields, and null when the topic was not there then.\n\nExample: `{ topic(by: { slug: "backend-and-api-development" }) { title } }`',
  })
  topic(
    @Arg("by", () => TopicBy, { description: "Which topic." }) by: TopicBy,
    @Arg("asOf", () => DateScalar, { nullable: true, description: "A day, in UTC; the present when left out." })
    asOf: string | null | undefined,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return asOf === undefined || asOf === null
      ? findBy(topicEntity, by, ctx, info)
      : findTopicAsOf(by, asOf, ctx, info);
  }

  @RequireAccess("PUBLIC")
  @CacheFor(60)
  @Query(() => TopicConnection, {
    description:
      "Topics, in the catalogue's own order unless told.\n\nExample: `{ topics(first: 10, filter: { tools: { some: { category: { eq: CODE_EDITOR } } } }, orderBy: { field: UPDATED_ON, direction: DESC }) { nodes { slug title } } }`",
  })
  topics(@Args(() => TopicListArgs) args: TopicListArgs, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return connect(topics, null, args, ctx, info);
  }

  @RequireAccess("PUBLIC")
  @CacheFor(60)
  @Query(() => [TopicCategoryGroup], {
    description: `The fields of work that have topics, each with its topics; at most ${Object.keys(TopicCategory).length}.\n\nExample: \`{ topicCategories { category topicCount topics(first: 3) { nodes { slug title } } } }\``,
  })
  topicCategories(@Ctx() ctx: RequestContext) {
    return topicCategories.load(ctx, "all");
  }

  @FieldResolver(() => [TopicSection], { description: "The sections of the page, in page order; at most 100." })
  sections(@Root() topic: TopicRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return listAll(sectionsOfTopic, topic.id, ctx, info);
  }

  @FieldResolver(() => CallToAction, {
    nullable: true,
    description: "The invitation to start learning; null when the page has none.",
  })
  callToAction(@Root() topic: TopicRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return find(callToActionEntity, "topicId", topic.id, ctx, info);
  }

  @FieldResolver(() => Seo, { description: "What search engines and link previews show." })
  seo(@Root() topic: TopicRow): Seo {
    return { title: topic.seoTitle, description: topic.seoDescription };
  }
}

@Resolver(() => TopicCategoryGroup)
export class TopicCategoryGroupResolver {
  @FieldResolver(() => TopicConnection, { description: "Its topics, in the catalogue's own order unless told." })
  topics(
    @Root() group: TopicCategoryRow,
    @Args(() => TopicListArgs) args: TopicListArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(topicsOfCategory, group.category, args, ctx, info);
  }
}

@Resolver(() => TopicSection)
export class TopicSectionResolver {
  @FieldResolver(() => RichText, { description: "The text of the section." })
  body(@Root() section: TopicSectionRow): RichText {
    return { markdown: section.bodyMarkdown, html: section.bodyHtml, text: section.bodyText };
  }
}
