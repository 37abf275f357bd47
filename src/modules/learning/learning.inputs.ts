// What the mutations of learning take.
import { Field, ID, InputType } from "type-graphql";
import { MutationInput } from "../../graphql/argument-validation";

abstract class LessonInput extends MutationInput {
  readonly lessonId!: string;
}

@InputType("StartLessonInput", { description: "Which lesson to begin." })
export class StartLessonInput extends LessonInput {
  @Field(() => ID, { description: "The lesson." })
  declare readonly lessonId: string;
}

@InputType("CompleteLessonInput", { description: "Which lesson is completed." })
export class CompleteLessonInput extends LessonInput {
  @Field(() => ID, { description: "The lesson." })
  declare readonly lessonId: string;
}

@InputType("ResetLessonInput", { description: "Which lesson to forget." })
export class ResetLessonInput extends LessonInput {
  @Field(() => ID, { description: "The lesson." })
  declare readonly lessonId: string;
}

@InputType("SetBookmarkInput", { description: "What to bookmark, or not any more." })
export class SetBookmarkInput extends MutationInput {
  @Field(() => ID, { description: "The lesson, the topic or the tool." })
  readonly targetId!: string;

  @Field(() => Boolean, { description: "Whether there is to be a bookmark." })
  readonly isBookmarked!: boolean;
}
