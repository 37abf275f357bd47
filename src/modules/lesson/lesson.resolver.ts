// Queries for lessons and the fields that start from a lesson.
import { Arg, Args, Ctx, FieldResolver, Info, Query, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { RequireAccess } from "../../graphql/access";
import { CacheFor } from "../../graphql/cache-control";
import { connect, firstOf, listAll } from "../../graphql/connection";
import { find, findBy } from "../../graphql/lookup";
import { isSelected, selectedColumns } from "../../graphql/selection";
import type { RequestContext } from "../../request/context";
import { ToolListArgs } from "../tool/tool.args";
import { toolEntity } from "../tool/tool.rows";
import { Tool, ToolConnection } from "../tool/tool.type";
import { TopicListArgs } from "../topic/topic.args";
import { callToActionEntity } from "../topic/topic.rows";
import { TopicConnection } from "../topic/topic.type";
import { LessonListArgs } from "./lesson.args";
import { LessonLockReason } from "./lesson.enums";
import { LessonBy } from "./lesson.inputs";
import {
  lessonBodyEntity,
  lessonEntity,
  lessons,
  moduleEntity,
  nextLesson,
  prerequisitesOfLesson,
  previousLesson,
  toolsOfLesson,
  topicsOfLesson,
  type LessonRow,
} from "./lesson.rows";
import { canReadLesson, lockCallToAction, readLessonBody } from "./lesson.service";
import { Lesson, LessonConnection, LessonContent, Module } from "./lesson.type";

const callToActionPaths = [["callToAction"]];

@Resolver(() => Lesson)
export class LessonResolver {
  @RequireAccess("PUBLIC")
  @CacheFor(60)
  @Query(() => Lesson, {
    nullable: true,
    description:
      'One lesson, or null when there is none.\n\nExample: `{ lesson(by: { slug: "guide-to-cursor" }) { title content { ... on LessonBody { body { html } } ... on LessonLock { message } } } }`',
  })
  lesson(
    @Arg("by", () => LessonBy, { description: "Which lesson." }) by: LessonBy,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return findBy(lessonEntity, by, ctx, info);
  }

  @RequireAccess("PUBLIC")
  @CacheFor(60)
  @Query(() => LessonConnection, {
    description:
      "Lessons and tool guides, by title unless told.\n\nExample: `{ lessons(first: 10, filter: { level: { eq: BEGINNER }, durationMinutes: { lte: 20 } }, orderBy: { field: DURATION }) { nodes { slug title durationMinutes } } }`",
  })
  lessons(
    @Args(() => LessonListArgs) args: LessonListArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(lessons, null, args, ctx, info);
  }

  @FieldResolver(() => LessonContent, { description: "The text of the lesson, or why it is locked for the viewer." })
  async content(@Root() lesson: LessonRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    if (!canReadLesson(ctx, lesson)) {
      return {
        reason: LessonLockReason.ACCOUNT_REQUIRED,
        message: "This lesson opens with a free account.",
        callToAction: isSelected(info, "callToAction")
          ? await lockCallToAction(ctx, lesson.id, selectedColumns(info, callToActionEntity, callToActionPaths))
          : null,
      };
    }
    const row = await readLessonBody(ctx, lesson.id, selectedColumns(info, lessonBodyEntity));
    return row && { body: { markdown: row.bodyMarkdown, html: row.bodyHtml, text: row.bodyText } };
  }

  @FieldResolver(() => Module, { nullable: true, description: "The module it is part of; null when it is in none." })
  module(@Root() lesson: LessonRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return find(moduleEntity, "id", lesson.moduleId, ctx, info);
  }

  @FieldResolver(() => Tool, {
    nullable: true,
    description: "The tool that a tool guide introduces; null for other lessons.",
  })
  guideTo(@Root() lesson: LessonRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return find(toolEntity, "id", lesson.guidesToolId, ctx, info);
  }

  @FieldResolver(() => ToolConnection, { description: "The tools it covers, the main one first unless told." })
  tools(
    @Root() lesson: LessonRow,
    @Args(() => ToolListArgs) args: ToolListArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(toolsOfLesson, lesson.id, args, ctx, info);
  }

  @FieldResolver(() => TopicConnection, {
    description: "The topics it teaches for, in the catalogue's order unless told.",
  })
  topics(
    @Root() lesson: LessonRow,
    @Args(() => TopicListArgs) args: TopicListArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(topicsOfLesson, lesson.id, args, ctx, info);
  }

  @FieldResolver(() => Lesson, {
    nullable: true,
    description: "The lesson after it in its module; null at the end, and when it is in none.",
  })
  next(@Root() lesson: LessonRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return firstOf(nextLesson, lesson.id, ctx, info);
  }

  @FieldResolver(() => Lesson, {
    nullable: true,
    description: "The lesson before it in its module; null at the start, and when it is in none.",
  })
  previous(@Root() lesson: LessonRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return firstOf(previousLesson, lesson.id, ctx, info);
  }

  @FieldResolver(() => [Lesson], { description: "The lessons to read before, in order; at most 100." })
  prerequisites(@Root() lesson: LessonRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return listAll(prerequisitesOfLesson, lesson.id, ctx, info);
  }
}
