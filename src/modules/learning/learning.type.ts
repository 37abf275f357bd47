// Progress, bookmarks and the streak of the one who asks, and what the mutations of learning answer.
import { createUnionType, Field, Int, ObjectType } from "type-graphql";
import { connectionOf, edgeOf } from "../../graphql/connection";
import { defineEnum } from "../../graphql/enums";
import { MutationPayload } from "../../graphql/mutation";
import { Node } from "../../graphql/node.type";
import { DateScalar, DateTimeScalar } from "../../graphql/scalars";
import { ProgressState } from "../../generated/prisma/enums";
import { Lesson } from "../lesson/lesson.type";
import { Tool } from "../tool/tool.type";
import { Topic } from "../topic/topic.type";

defineEnum(ProgressState, "ProgressState", "How far somebody is with a lesson.", {
  STARTED: "Begun, and not completed yet.",
  COMPLETED: "Completed.",
});

@ObjectType("LessonProgress", { simpleResolvers: true, description: "How far the one who asks is with a lesson." })
export class LessonProgress {
  @Field(() => ProgressState, { description: "The state." })
  readonly state!: ProgressState;

  @Field(() => DateTimeScalar, { description: "When they began." })
  readonly startedAt!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: "When they completed it; null until they have." })
  readonly completedAt!: string | null;
}

@ObjectType("GroupProgress", {
  simpleResolvers: true,
  description: "How far the one who asks is with the lessons of a module or a topic.",
})
export class GroupProgress {
  @Field(() => Int, { description: "How many lessons there are." })
  readonly lessonCount!: number;

  @Field(() => Int, { description: "How many are begun and not completed." })
  readonly startedCount!: number;

  @Field(() => Int, { description: "How many are completed." })
  readonly completedCount!: number;

  @Field(() => Boolean, { description: "Whether all are completed, and there is one." })
  readonly isCompleted!: boolean;
}

@ObjectType("LearningStreak", {
  simpleResolvers: true,
  description: "Days in a row on which the viewer completed a lesson, by the days of their time zone.",
})
export class LearningStreak {
  @Field(() => Int, {
    description: "How many days the present row has, today or yesterday being its last; 0 when there is none.",
  })
  readonly currentDays!: number;

  @Field(() => Int, { description: "How many days the longest row has." })
  readonly longestDays!: number;

  @Field(() => DateScalar, { nullable: true, description: "The last of the days; null when there is none yet." })
  readonly lastLearnedOn!: string | null;
}

export const BookmarkTarget = createUnionType({
  name: "BookmarkTarget",
  description: "What can be bookmarked.",
  types: () => [Lesson, Topic, Tool] as const,
  resolveType: (value: object) => (value as { __typename: "Lesson" | "Topic" | "Tool" }).__typename,
});

@ObjectType("Bookmark", { implements: Node, simpleResolvers: true, description: "A bookmark; only its owner sees it." })
export class Bookmark extends Node {
  @Field(() => DateTimeScalar, { description: "When it was set." })
  readonly createdAt!: string;
}

@ObjectType("BookmarkEdge", { simpleResolvers: true, description: "A bookmark and its place in the list." })
export class BookmarkEdge extends edgeOf(() => Bookmark, "bookmark") {}

@ObjectType("BookmarkConnection", { simpleResolvers: true, description: "A page of bookmarks." })
export class BookmarkConnection extends connectionOf(
  () => Bookmark,
  () => BookmarkEdge,
  "bookmarks",
) {}

@ObjectType("LearnedLessonEdge", { simpleResolvers: true, description: "A lesson and how far the viewer is with it." })
export class LearnedLessonEdge extends edgeOf(() => Lesson, "lesson") {
  @Field(() => DateTimeScalar, { description: "When they began." })
  readonly startedAt!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: "When they completed it; null until they have." })
  readonly completedAt!: string | null;
}

@ObjectType("LearnedLessonConnection", {
  simpleResolvers: true,
  description: "A page of lessons that the viewer began or completed.",
})
export class LearnedLessonConnection extends connectionOf(
  () => Lesson,
  () => LearnedLessonEdge,
  "lessons",
) {}

@ObjectType("StartLessonPayload", { simpleResolvers: true, description: "The lesson is begun." })
export class StartLessonPayload extends MutationPayload {}

@ObjectType("CompleteLessonPayload", { simpleResolvers: true, description: "The lesson is completed." })
export class CompleteLessonPayload extends MutationPayload {}

@ObjectType("ResetLessonPayload", { simpleResolvers: true, description: "The lesson is as if it was never begun." })
export class ResetLessonPayload extends MutationPayload {}

@ObjectType("SetBookmarkPayload", { simpleResolvers: true, description: "The bookmark is set, or removed." })
export class SetBookmarkPayload extends MutationPayload {}
