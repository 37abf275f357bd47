// What learning adds to lessons, modules, topics and tools: the progress and the bookmarks of the one who asks.
import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { RequestContext } from "../../request/context";
import { Lesson, Module } from "../lesson/lesson.type";
import { Tool } from "../tool/tool.type";
import { Topic } from "../topic/topic.type";
import { isBookmarked, progressOfLesson, progressOfModule, progressOfTopic } from "./learning.rows";
import { GroupProgress, LessonProgress } from "./learning.type";

interface Row {
  id: number;
}

const bookmarkField = { description: "Whether the one who asks has bookmarked it; false for nobody." };
const groupField = {
  nullable: true,
  description: "How far the one who asks is; null for somebody who is neither signed in nor a guest with a token.",
};

@Resolver(() => Lesson)
export class LessonLearningFields {
  @FieldResolver(() => LessonProgress, {
    nullable: true,
    description: "How far the one who asks is; null when they have not begun, and for somebody who is not known.",
  })
  progress(@Root() lesson: Row, @Ctx() ctx: RequestContext) {
    return progressOfLesson.load(ctx, lesson.id);
  }

  @FieldResolver(() => Boolean, bookmarkField)
  isBookmarked(@Root() lesson: Row, @Ctx() ctx: RequestContext) {
    return isBookmarked.load(ctx, { kind: "Lesson", id: lesson.id });
  }
}

@Resolver(() => Module)
export class ModuleLearningFields {
  @FieldResolver(() => GroupProgress, groupField)
  progress(@Root() module: Row, @Ctx() ctx: RequestContext) {
    return progressOfModule.load(ctx, module.id);
  }
}

@Resolver(() => Topic)
export class TopicLearningFields {
  @FieldResolver(() => GroupProgress, groupField)
  progress(@Root() topic: Row, @Ctx() ctx: RequestContext) {
    return progressOfTopic.load(ctx, topic.id);
  }

  @FieldResolver(() => Boolean, bookmarkField)
  isBookmarked(@Root() topic: Row, @Ctx() ctx: RequestContext) {
    return isBookmarked.load(ctx, { kind: "Topic", id: topic.id });
  }
}

@Resolver(() => Tool)
export class ToolLearningFields {
  @FieldResolver(() => Boolean, bookmarkField)
  isBookmarked(@Root() tool: Row, @Ctx() ctx: RequestContext) {
    return isBookmarked.load(ctx, { kind: "Tool", id: tool.id });
  }
}
