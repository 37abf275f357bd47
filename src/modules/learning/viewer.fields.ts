// What learning adds to the viewer.
import { Args, Ctx, FieldResolver, Info, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { connect } from "../../graphql/connection";
import { find } from "../../graphql/lookup";
import { PageArgs } from "../../graphql/page.args";
import type { RequestContext, Viewer as ViewerRow } from "../../request/context";
import { Viewer } from "../account/viewer.type";
import { lessonEntity } from "../lesson/lesson.rows";
import { Lesson } from "../lesson/lesson.type";
import { readTarget } from "./bookmark.target";
import {
  bookmarksOfLearner,
  completedLessons,
  learningStreak,
  nextLessonId,
  startedLessons,
  type BookmarkRow,
} from "./learning.rows";
import { Bookmark, BookmarkConnection, BookmarkTarget, LearnedLessonConnection, LearningStreak } from "./learning.type";

@Resolver(() => Viewer)
export class ViewerLearningFields {
  @FieldResolver(() => Lesson, {
    nullable: true,
    description:
      "What to do next: the lesson that was begun last; else the next open one of the module in which one was completed last; else the first open one of the modules of the level they prefer, and then of the beginner modules. Null when nothing of these is left.",
  })
  async nextLesson(@Root() viewer: ViewerRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return find(lessonEntity, "id", await nextLessonId(ctx, viewer.userId), ctx, info);
  }

  @FieldResolver(() => LearnedLessonConnection, { description: "Lessons that are begun, the latest first." })
  continueLearning(
    @Root() viewer: ViewerRow,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(startedLessons, viewer.userId, args, ctx, info);
  }

  @FieldResolver(() => LearnedLessonConnection, { description: "Lessons that are completed, the latest first." })
  completedLessons(
    @Root() viewer: ViewerRow,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(completedLessons, viewer.userId, args, ctx, info);
  }

  @FieldResolver(() => BookmarkConnection, { description: "Bookmarks, the latest first." })
  bookmarks(
    @Root() viewer: ViewerRow,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(bookmarksOfLearner, viewer.userId, args, ctx, info);
  }

  @FieldResolver(() => LearningStreak, { description: "Days in a row on which a lesson was completed." })
  learningStreak(@Root() viewer: ViewerRow, @Ctx() ctx: RequestContext) {
    return learningStreak(ctx, viewer.userId);
  }
}

@Resolver(() => Bookmark)
export class BookmarkResolver {
  @FieldResolver(() => BookmarkTarget, {
    nullable: true,
    description: "What it is of; null while that is off the site: the bookmark counts again when it is back.",
  })
  target(@Root() bookmark: BookmarkRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    const { lessonId, topicId, toolId } = bookmark;
    if (lessonId !== null) return readTarget(ctx, { kind: "Lesson", id: lessonId }, info);
    if (topicId !== null) return readTarget(ctx, { kind: "Topic", id: topicId }, info);
    return toolId === null ? null : readTarget(ctx, { kind: "Tool", id: toolId }, info);
  }
}
