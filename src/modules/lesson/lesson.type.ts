// Modules and lessons: plain fields, and the union that is a lesson's content.
import { createUnionType, Field, Int, ObjectType } from "type-graphql";
import { connectionOf, edgeOf } from "../../graphql/connection";
import { Node } from "../../graphql/node.type";
import { RichText } from "../../graphql/rich-text.type";
import { DateScalar, DateTimeScalar } from "../../graphql/scalars";
import { CallToAction } from "../topic/topic.type";
import { LessonAccess, LessonKind, LessonLockReason, Level } from "./lesson.enums";

@ObjectType("Module", {
  implements: Node,
  simpleResolvers: true,
  description: "An ordered group of lessons of one topic at one level.",
})
export class Module extends Node {
  @Field(() => String, { description: "The module's address in URLs, unique among modules." })
  readonly slug!: string;

  @Field(() => String, { description: "The title." })
  readonly title!: string;

  @Field(() => String, { description: "What the module teaches, plain text." })
  readonly summary!: string;

  @Field(() => Level, { description: "How much a reader should know already." })
  readonly level!: Level;

  @Field(() => Int, { description: "The module's place among the modules of its topic, from 1." })
  readonly position!: number;

  @Field(() => DateTimeScalar, { description: "When the module was added." })
  readonly createdAt!: string;

  @Field(() => DateTimeScalar, { description: "When anything stored on the module last changed." })
  readonly updatedAt!: string;
}

@ObjectType("ModuleEdge", { simpleResolvers: true, description: "One module and its place in a list." })
export class ModuleEdge extends edgeOf(() => Module, "module") {}

@ObjectType("ModuleConnection", { simpleResolvers: true, description: "A page of a list of modules." })
export class ModuleConnection extends connectionOf(
  () => Module,
  () => ModuleEdge,
  "modules",
) {}

@ObjectType("Lesson", { implements: Node, simpleResolvers: true, description: "A lesson or a tool guide." })
export class Lesson extends Node {
  @Field(() => String, { description: "The lesson's address in URLs, unique among lessons." })
  readonly slug!: string;

  @Field(() => String, { description: "The title." })
  readonly title!: string;

  @Field(() => String, { description: "What the reader can do afterwards, plain text." })
  readonly summary!: string;

  @Field(() => LessonKind, { description: "What kind of lesson it is." })
  readonly kind!: LessonKind;

  @Field(() => Level, { description: "How much a reader should know already." })
  readonly level!: Level;

  @Field(() => Int, { description: "How long the lesson takes, in minutes." })
  readonly durationMinutes!: number;

  @Field(() => LessonAccess, { description: "Who may read the body." })
  readonly access!: LessonAccess;

  @Field(() => DateScalar, { description: "The day on which editors last revised the lesson." })
  readonly updatedOn!: string;

  @Field(() => Int, {
    nullable: true,
    description: "The lesson's place in its module, from 1; null when it is in none.",
  })
  readonly position!: number | null;

  @Field(() => DateTimeScalar, { description: "When the lesson was added." })
  readonly createdAt!: string;

  @Field(() => DateTimeScalar, { description: "When anything stored on the lesson last changed." })
  readonly updatedAt!: string;
}

@ObjectType("LessonEdge", { simpleResolvers: true, description: "One lesson and its place in a list." })
export class LessonEdge extends edgeOf(() => Lesson, "lesson") {}

@ObjectType("LessonConnection", { simpleResolvers: true, description: "A page of a list of lessons." })
export class LessonConnection extends connectionOf(
  () => Lesson,
  () => LessonEdge,
  "lessons",
) {}

@ObjectType("LessonBody", { simpleResolvers: true, description: "The text of a lesson that the viewer may read." })
export class LessonBody {
  @Field(() => RichText, { description: "The text." })
  readonly body!: RichText;
}

@ObjectType("LessonLock", {
  simpleResolvers: true,
  description: "Stands in for the text of a lesson that the viewer may not read.",
})
export class LessonLock {
  @Field(() => LessonLockReason, { description: "Why the lesson is locked." })
  readonly reason!: LessonLockReason;

  @Field(() => String, { description: "What unlocks the lesson, in a sentence for readers." })
  readonly message!: string;

  @Field(() => CallToAction, {
    nullable: true,
    description: "The invitation of the first topic the lesson teaches for; null when that topic has none.",
  })
  readonly callToAction!: CallToAction | null;
}

export const LessonContent = createUnionType({
  name: "LessonContent",
  description: "The text of a lesson, or why it is locked and what unlocks it.",
  types: () => [LessonBody, LessonLock] as const,
  resolveType: value => ("reason" in value ? "LessonLock" : "LessonBody"),
});
