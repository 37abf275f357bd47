// Two revisions side by side, for editors, and what a publication changed, for readers: values without an identity.
import { maxWordChanges } from "../../content/diff/text.difference";
import { Field, ObjectType } from "type-graphql";
import { ListSize } from "../../graphql/cost";
import { defineEnum } from "../../graphql/enums";
import { DateTimeScalar } from "../../graphql/scalars";
import { maxFieldChanges } from "./comparison.service";

const maxSentences = 100;

export const FieldChangeKind = { ADDED: "ADDED", REMOVED: "REMOVED", CHANGED: "CHANGED", MOVED: "MOVED" } as const;
export type FieldChangeKind = keyof typeof FieldChangeKind;

defineEnum(FieldChangeKind, "FieldChangeKind", "What happened to a part of a content.", {
  ADDED: "It is in the later content only.",
  REMOVED: "It is in the earlier content only.",
  CHANGED: "It is in both, and differs.",
  MOVED: "It is a list whose items stand in another order.",
});

export const WordChangeKind = { SAME: "SAME", REMOVED: "REMOVED", ADDED: "ADDED" } as const;
export type WordChangeKind = keyof typeof WordChangeKind;

defineEnum(WordChangeKind, "WordChangeKind", "Which of two texts a piece is from.", {
  SAME: "Both.",
  REMOVED: "The earlier one only.",
  ADDED: "The later one only.",
});

@ObjectType("WordChange", {
  simpleResolvers: true,
  description: "A piece of two texts that are compared word by word.",
})
export class WordChange {
  @Field(() => WordChangeKind, { description: "Which of the texts it is from." })
  readonly kind!: WordChangeKind;

  @Field(() => String, { description: "The piece, with its blanks and line ends." })
  readonly text!: string;
}

@ObjectType("FieldChange", { simpleResolvers: true, description: "One part in which two contents differ." })
export class FieldChange {
  @Field(() => [String], {
    description:
      'Which part, from the outside in: fields, and keys of what stands in a list, such as `["plans", "Plus MONTH", "price"]` or `["sections", "job-impact", "body"]`; at most 4.',
  })
  readonly path!: readonly string[];

  @Field(() => String, {
    nullable: true,
    description:
      "What people call the item of a list that the part is in: the heading of a section, the name of a plan, the statement of a fact; null outside such items.",
  })
  readonly label!: string | null;

  @Field(() => FieldChangeKind, { description: "What happened to it." })
  readonly kind!: FieldChangeKind;

  @Field(() => String, {
    nullable: true,
    description:
      "What it was, as text: an item with its fields on lines of their own, a list that was moved with its keys on lines of their own; null when it was added.",
  })
  readonly before!: string | null;

  @Field(() => String, { nullable: true, description: "What it is, in the same form; null when it was removed." })
  readonly after!: string | null;

  @Field(() => [WordChange], {
    description: `How a text was changed, in order: the pieces that are SAME or REMOVED make up \`before\`, those that are SAME or ADDED make up \`after\`. Texts that have little in common are replaced as a whole. None for what is no text, and for what was added or removed; at most ${maxWordChanges.toLocaleString("en")}.`,
  })
  readonly words!: readonly WordChange[];
}

@ObjectType("RevisionComparison", { simpleResolvers: true, description: "In what two revisions differ." })
export class RevisionComparison {
  @ListSize(maxFieldChanges)
  @Field(() => [FieldChange], {
    description: `The parts that differ, in the order of the content; none when nothing does; at most ${maxFieldChanges}.`,
  })
  readonly changes!: readonly FieldChange[];

  @Field(() => Boolean, {
    description: `Whether more than ${maxFieldChanges} parts differ, so that \`changes\` lacks some.`,
  })
  readonly isTruncated!: boolean;
}

@ObjectType("ContentChange", { simpleResolvers: true, description: "What one publication changed, for readers." })
export class ContentChange {
  @Field(() => DateTimeScalar, { description: "When it was published." })
  readonly publishedAt!: string;

  @Field(() => [String], {
    description: `What is different since then, such as "Price of Plus changed from 20 USD to 25 USD a month."; plain text, each a sentence; none when readers see no difference; at most ${maxSentences}.`,
  })
  readonly sentences!: readonly string[];
}
