// Revisions, as editors see them.
import { createUnionType, Field, Int, ObjectType } from "type-graphql";
import { connectionOf, edgeOf } from "../../graphql/connection";
import { MutationPayload } from "../../graphql/mutation";
import { Node } from "../../graphql/node.type";
import { DateTimeScalar } from "../../graphql/scalars";
import { Lesson, Module } from "../lesson/lesson.type";
import { Tool } from "../tool/tool.type";
import { Topic } from "../topic/topic.type";
import { RevisionState } from "./editorial.enums";

export const Content = createUnionType({
  name: "Content",
  description: "What editors write and readers see.",
  types: () => [Topic, Tool, Module, Lesson] as const,
  resolveType: (value: object) => (value as { __typename: "Topic" | "Tool" | "Module" | "Lesson" }).__typename,
});

@ObjectType("Revision", {
  implements: Node,
  simpleResolvers: true,
  description: "One saved version of a topic, a tool, a module or a lesson. Only editors see it.",
})
export class Revision extends Node {
  @Field(() => Int, {
    description: "Its number among the revisions of the same content, from 1: what `expectedVersion` asks for.",
  })
  readonly number!: number;

  @Field(() => RevisionState, { description: "Where it stands." })
  readonly state!: RevisionState;

  @Field(() => String, { description: "The address of the content, as it was when this was saved." })
  readonly slug!: string;

  @Field(() => String, {
    description:
      "Who saved it, by the name they had then; `import` for what came from files, `a deleted account` when theirs is.",
  })
  readonly authorName!: string;

  @Field(() => String, { description: "What the author said about it; may be empty." })
  readonly note!: string;

  @Field(() => DateTimeScalar, { description: "When it was saved." })
  readonly createdAt!: string;

  @Field(() => DateTimeScalar, { description: "When its state last changed." })
  readonly updatedAt!: string;

  @Field(() => String, {
    nullable: true,
    description: "Who approved it, by the name they had then, or `a deleted account`; null until somebody has.",
  })
  readonly approverName!: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it was approved; null until it is." })
  readonly approvedAt!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Why it could not be published when its time came; null when it could, or was not tried.",
  })
  readonly failure!: string | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "When it could not be published; null when it could, or was not tried.",
  })
  readonly failedAt!: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "From when it was live; null when it never was." })
  readonly publishedAt!: string | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "Until when it was live; null while it is, and when it never was.",
  })
  readonly withdrawnAt!: string | null;
}

@ObjectType("RevisionEdge", { simpleResolvers: true, description: "A revision and its place in the list." })
export class RevisionEdge extends edgeOf(() => Revision, "revision") {}

@ObjectType("RevisionConnection", { simpleResolvers: true, description: "A page of revisions." })
export class RevisionConnection extends connectionOf(
  () => Revision,
  () => RevisionEdge,
  "revisions",
) {}

@ObjectType("EditConflict", {
  simpleResolvers: true,
  description: "What somebody else did to the content since the revision that an edit is based on.",
})
export class EditConflict {
  @Field(() => Revision, {
    description: "The newest revision: what to read, and to save on top of. It says who saved it, and when.",
  })
  readonly revision!: Revision;

  @Field(() => [String], {
    description: "The fields of the content that both have changed; empty when the edits do not touch each other.",
  })
  readonly fields!: readonly string[];
}

/** What every payload of an editorial mutation has; the payload types extend it. */
@ObjectType({ simpleResolvers: true })
export abstract class RevisionPayload extends MutationPayload {
  @Field(() => Revision, {
    nullable: true,
    description: "The revision that was made or changed, as stored now; null when nothing was done.",
  })
  readonly revision?: Revision;

  @Field(() => EditConflict, {
    nullable: true,
    description: "What somebody else did meanwhile; null unless that is why nothing was done.",
  })
  readonly conflict?: EditConflict;
}
