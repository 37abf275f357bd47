// The topic page's own types: plain fields only, see topic.resolver.ts and the *.fields.ts of other modules for relations.
import { Field, Int, ObjectType } from "type-graphql";
import { connectionOf, edgeOf } from "../../graphql/connection";
import { Node } from "../../graphql/node.type";
import { DateScalar, DateTimeScalar } from "../../graphql/scalars";
import { SectionKind, TopicCategory } from "./topic.enums";

@ObjectType("Seo", { simpleResolvers: true, description: "What search engines and link previews show of a page." })
export class Seo {
  @Field(() => String, { description: "The title, at most 70 characters." })
  readonly title!: string;

  @Field(() => String, { description: "The description, at most 160 characters." })
  readonly description!: string;
}

@ObjectType("CallToAction", { simpleResolvers: true, description: "The invitation on a topic page to start learning." })
export class CallToAction {
  @Field(() => String, { description: "The headline." })
  readonly headline!: string;

  @Field(() => String, { description: "One or two sentences below the headline, plain text." })
  readonly body!: string;

  @Field(() => String, { description: "The text of the button." })
  readonly buttonLabel!: string;

  @Field(() => String, {
    description: "Where the button leads: a path on this site that starts with `/`, or an absolute URL.",
  })
  readonly href!: string;

  @Field(() => String, { description: "The small print below the button." })
  readonly finePrint!: string;
}

@ObjectType("Topic", {
  implements: Node,
  simpleResolvers: true,
  description: "A field of work and what AI tools change in it: one topic page.",
})
export class Topic extends Node {
  @Field(() => String, { description: "The topic's address in URLs, unique among topics." })
  readonly slug!: string;

  @Field(() => String, { description: "The title." })
  readonly title!: string;

  @Field(() => String, { description: "One emoji that stands for the topic." })
  readonly emoji!: string;

  @Field(() => String, { description: "One or two sentences about the topic, plain text." })
  readonly summary!: string;

  @Field(() => TopicCategory, { description: "The field of work it belongs to." })
  readonly category!: TopicCategory;

  @Field(() => Int, { description: "The topic's place in the catalogue's own order, from 1." })
  readonly position!: number;

  @Field(() => DateScalar, {
    description: 'The day on which editors last revised the page; what a page shows as "Updated".',
  })
  readonly updatedOn!: string;

  @Field(() => DateTimeScalar, { description: "When the topic was added." })
  readonly createdAt!: string;

  @Field(() => DateTimeScalar, { description: "When anything stored on the topic last changed." })
  readonly updatedAt!: string;
}

@ObjectType("TopicSection", { implements: Node, simpleResolvers: true, description: "One section of a topic page." })
export class TopicSection extends Node {
  @Field(() => Int, { description: "The section's place on the page, from 1." })
  readonly position!: number;

  @Field(() => SectionKind, { description: "What the section is about." })
  readonly kind!: SectionKind;

  @Field(() => String, { description: "One emoji that stands before the heading." })
  readonly emoji!: string;

  @Field(() => String, { description: "The heading, without the emoji." })
  readonly heading!: string;

  @Field(() => String, { description: "The fragment for links to this section, unique on the page." })
  readonly anchor!: string;
}

@ObjectType("TopicCategoryGroup", { simpleResolvers: true, description: "A field of work and its topics." })
export class TopicCategoryGroup {
  @Field(() => TopicCategory, { description: "The field of work." })
  readonly category!: TopicCategory;

  @Field(() => Int, { description: "How many topics it has." })
  readonly topicCount!: number;
}

@ObjectType("TopicEdge", { simpleResolvers: true, description: "One topic and its place in a list." })
export class TopicEdge extends edgeOf(() => Topic, "topic") {}

@ObjectType("TopicConnection", { simpleResolvers: true, description: "A page of a list of topics." })
export class TopicConnection extends connectionOf(
  () => Topic,
  () => TopicEdge,
  "topics",
) {}
