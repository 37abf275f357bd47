// Text that editors write in Markdown, in the three forms clients want. All three are made when the text is written.
import { Field, ObjectType } from "type-graphql";
import type { FieldNeeds } from "../request/entity";

@ObjectType("RichText", { simpleResolvers: true, description: "A formatted text in three equivalent forms." })
export class RichText {
  @Field(() => String, {
    description: "As written, in Markdown (CommonMark with GitHub's tables, task lists and strikethrough).",
  })
  readonly markdown!: string;

  @Field(() => String, { description: "As HTML, sanitised: safe to put into a page as it is." })
  readonly html!: string;

  @Field(() => String, { description: "Without any markup, paragraphs separated by blank lines." })
  readonly text!: string;
}

/** The columns of a rich text stored under `prefix`: of each form only when it is selected. */
export function richTextNeeds(prefix: string): FieldNeeds {
  return { markdown: [`${prefix}Markdown`], html: [`${prefix}Html`], text: [`${prefix}Text`] };
}
