// What the mutations of editors take. What the content itself says is in content.inputs.ts.
import { ArrayMaxSize, Length, Matches, MaxLength, Min } from "class-validator";
import { Field, ID, InputType, Int, type ClassType } from "type-graphql";
import type { ContentKind } from "../../content/content.files";
import { slugPattern } from "../../content/content.text";
import { MutationInput } from "../../graphql/argument-validation";
import { DateTimeScalar } from "../../graphql/scalars";
import { changesInput, contentInput, FactInput, topicToolFields } from "./content.inputs";

const maxItems = 100;
const items = (name: string) => ({ message: `${name} must be at most ${maxItems}.` });
const note = { message: "note must be at most 500 characters long." };
const slug = { message: "slug must have 1 to 80 characters." };
const slugForm = { message: "slug must be lower-case letters and digits in groups joined by hyphens." };

@InputType()
abstract class Noted extends MutationInput {
  @MaxLength(500, note)
  @Field(() => String, {
    defaultValue: "",
    description: "What to say about it to other editors; at most 500 characters.",
  })
  readonly note!: string;
}

@InputType()
abstract class Versioned extends Noted {
  @Min(1, { message: "expectedVersion must be 1 or more." })
  @Field(() => Int, {
    description: "The number of the newest revision that the editor has seen: what is saved goes on from there.",
  })
  readonly expectedVersion!: number;
}

export interface CreateInput extends Noted {
  readonly slug: string;
  readonly content: object;
}

export interface UpdateInput extends Versioned {
  readonly id: string;
  readonly changes: object;
}

export function createInput(kind: ContentKind, name: string): ClassType<CreateInput> {
  const content = contentInput(kind);
  @InputType(name, { description: `A new ${kind}.` })
  class Input extends Noted implements CreateInput {
    @Length(1, 80, slug)
    @Matches(slugPattern, slugForm)
    @Field(() => String, { description: "Its address: lower-case letters and digits in groups joined by hyphens." })
    readonly slug!: string;

    @Field(() => content, { description: "What it says." })
    readonly content!: object;
  }
  return Input;
}

export function updateInput(kind: ContentKind, name: string): ClassType<UpdateInput> {
  const changes = changesInput(kind);
  @InputType(name, { description: `What to change about a ${kind}.` })
  class Input extends Versioned implements UpdateInput {
    @Field(() => ID, { description: `The ${kind}.` })
    readonly id!: string;

    @Field(() => changes, { description: "What is to change." })
    readonly changes!: object;
  }
  return Input;
}

/** @param what completes "Which revision to …". */
export function revisionInput(name: string, what: string): ClassType<RevisionInput> {
  @InputType(name, { description: `Which revision to ${what}.` })
  class Input extends RevisionInput {}
  return Input;
}

@InputType()
export class RevisionInput extends MutationInput {
  @Field(() => ID, { description: "The revision." })
  readonly revisionId!: string;
}

@InputType("ScheduleRevisionInput", { description: "Which revision to publish, and when." })
export class ScheduleRevisionInput extends RevisionInput {
  @Field(() => DateTimeScalar, { description: "When to publish it; in the future." })
  readonly publishAt!: string;
}

@InputType("RestoreRevisionInput", { description: "Which revision to go back to." })
export class RestoreRevisionInput extends Versioned {
  @Field(() => ID, { description: "The revision whose content is saved once more, as the newest." })
  readonly revisionId!: string;
}

@InputType("UnpublishContentInput", { description: "What to take off the site." })
export class UnpublishContentInput extends Noted {
  @Field(() => ID, { description: "The topic, tool, module or lesson." })
  readonly id!: string;
}

@InputType("ArchiveContentInput", { description: "What to put away." })
export class ArchiveContentInput extends MutationInput {
  @Field(() => ID, { description: "The topic, tool, module or lesson." })
  readonly id!: string;
}

@InputType("RenameContentInput", { description: "What gets which address." })
export class RenameContentInput extends MutationInput {
  @Field(() => ID, { description: "The topic, tool, module or lesson." })
  readonly id!: string;

  @Length(1, 80, slug)
  @Matches(slugPattern, slugForm)
  @Field(() => String, { description: "Its new address." })
  readonly slug!: string;
}

@InputType("ReorderTopicToolsInput", { description: "The order of a topic's tools." })
export class ReorderTopicToolsInput extends Versioned {
  @Field(() => ID, { description: "The topic." })
  readonly topicId!: string;

  @ArrayMaxSize(maxItems, items("toolIds"))
  @Field(() => [ID], { description: `All of its tools, in their new order; at most ${maxItems}.` })
  readonly toolIds!: string[];
}

@InputType("ReorderTopicSectionsInput", { description: "The order of a topic's sections." })
export class ReorderTopicSectionsInput extends Versioned {
  @Field(() => ID, { description: "The topic." })
  readonly topicId!: string;

  @ArrayMaxSize(maxItems, items("anchors"))
  @Field(() => [String], {
    description: `The anchors of all of its sections, in their new order; at most ${maxItems}.`,
  })
  readonly anchors!: string[];
}

@InputType("ReorderModuleLessonsInput", { description: "The order of a module's lessons." })
export class ReorderModuleLessonsInput extends Versioned {
  @Field(() => ID, { description: "The module." })
  readonly moduleId!: string;

  @ArrayMaxSize(maxItems, items("lessonIds"))
  @Field(() => [ID], { description: `All of its lessons, in their new order; at most ${maxItems}.` })
  readonly lessonIds!: string[];
}

@InputType("AddTopicToolInput", { description: "Which tool to show on which topic page." })
export class AddTopicToolInput extends Versioned {
  @Field(() => ID, { description: "The topic." })
  readonly topicId!: string;

  @Field(() => ID, { description: "The tool." })
  readonly toolId!: string;

  @Field(() => String, { description: topicToolFields.blurb.description })
  readonly blurb!: string;

  @Field(() => Boolean, { defaultValue: false, description: topicToolFields.isFeatured.description })
  readonly isFeatured!: boolean;

  @Min(1, { message: "rank must be 1 or more." })
  @Field(() => Int, { nullable: true, description: "Its place, from 1; the last when left out." })
  readonly rank?: number | null;
}

@InputType("RemoveTopicToolInput", { description: "Which tool not to show on which topic page." })
export class RemoveTopicToolInput extends Versioned {
  @Field(() => ID, { description: "The topic." })
  readonly topicId!: string;

  @Field(() => ID, { description: "The tool." })
  readonly toolId!: string;
}

@InputType("SetFactInput", { description: "What is stated about what." })
export class SetFactInput extends Versioned {
  @Field(() => ID, { description: "The tool or the topic." })
  readonly subjectId!: string;

  @Field(() => FactInput, { description: "The fact; it takes the place of one with the same key." })
  readonly fact!: object;
}

@InputType("RemoveFactInput", { description: "What is not stated any more." })
export class RemoveFactInput extends Versioned {
  @Field(() => ID, { description: "The tool or the topic." })
  readonly subjectId!: string;

  @Length(1, 80, { message: "key must have 1 to 80 characters." })
  @Field(() => String, { description: "The fact's key." })
  readonly key!: string;
}

@InputType("MergeToolsInput", { description: "Which two tools are one." })
export class MergeToolsInput extends MutationInput {
  @Field(() => ID, { description: "The tool that goes." })
  readonly fromId!: string;

  @Field(() => ID, { description: "The tool that takes its place." })
  readonly intoId!: string;
}
