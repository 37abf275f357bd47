// Tools, their plans and their facts: plain fields only.
import { Field, Int, ObjectType } from "type-graphql";
import { connectionOf, edgeOf } from "../../graphql/connection";
import { Node } from "../../graphql/node.type";
import { DateScalar, DateTimeScalar, DecimalScalar, UrlScalar } from "../../graphql/scalars";
import { Topic } from "../topic/topic.type";
import { FactComparison, FactKind, PlanUnit, PricingModel, Protocol, ToolCategory } from "./tool.enums";

@ObjectType("Tool", { implements: Node, simpleResolvers: true, description: "An AI tool." })
export class Tool extends Node {
  @Field(() => String, { description: "The tool's address in URLs, unique among tools." })
  readonly slug!: string;

  @Field(() => String, { description: "The name." })
  readonly name!: string;

  @Field(() => String, { description: "Who makes it." })
  readonly vendor!: string;

  @Field(() => ToolCategory, { description: "What kind of tool it is." })
  readonly category!: ToolCategory;

  @Field(() => String, { description: "What it is, in one line." })
  readonly tagline!: string;

  @Field(() => UrlScalar, { description: "Its website." })
  readonly website!: string;

  @Field(() => PricingModel, { description: "How it is paid for." })
  readonly pricingModel!: PricingModel;

  @Field(() => [Protocol], { description: "The open protocols it speaks, in no particular order." })
  readonly protocols!: Protocol[];

  @Field(() => [String], {
    description: "The model families it runs on or lets its users choose among, the main one first.",
  })
  readonly models!: string[];

  @Field(() => DateTimeScalar, { description: "When the tool was added." })
  readonly createdAt!: string;

  @Field(() => DateTimeScalar, { description: "When anything stored on the tool last changed." })
  readonly updatedAt!: string;
}

@ObjectType("ToolEdge", { simpleResolvers: true, description: "One tool and its place in a list." })
export class ToolEdge extends edgeOf(() => Tool, "tool") {}

@ObjectType("ToolConnection", { simpleResolvers: true, description: "A page of a list of tools." })
export class ToolConnection extends connectionOf(
  () => Tool,
  () => ToolEdge,
  "tools",
) {}

@ObjectType("TopicToolEdge", {
  simpleResolvers: true,
  description: "One tool on a topic page, with what is said of it there.",
})
export class TopicToolEdge extends edgeOf(() => Tool, "tool") {
  @Field(() => Int, { description: "The tool's rank on the page, from 1." })
  readonly rank!: number;

  @Field(() => String, { description: "Why the tool matters for this topic, plain text." })
  readonly blurb!: string;
}

@ObjectType("TopicToolConnection", { simpleResolvers: true, description: "A page of the ranked tools of a topic." })
export class TopicToolConnection extends connectionOf(
  () => Tool,
  () => TopicToolEdge,
  "tools",
) {}

@ObjectType("ToolTopicEdge", {
  simpleResolvers: true,
  description: "One topic whose page shows a tool, with what is said of the tool there.",
})
export class ToolTopicEdge extends edgeOf(() => Topic, "topic") {
  @Field(() => Int, { description: "The tool's rank on that page, from 1." })
  readonly rank!: number;

  @Field(() => String, { description: "Why the tool matters for that topic, plain text." })
  readonly blurb!: string;
}

@ObjectType("ToolTopicConnection", {
  simpleResolvers: true,
  description: "A page of the topics whose pages show a tool.",
})
export class ToolTopicConnection extends connectionOf(
  () => Topic,
  () => ToolTopicEdge,
  "topics",
) {}

@ObjectType("ToolAlternativeEdge", { simpleResolvers: true, description: "One tool that may stand in for another." })
export class ToolAlternativeEdge extends edgeOf(() => Tool, "tool") {
  @Field(() => Int, { description: "How many topic pages show both tools." })
  readonly sharedTopicCount!: number;
}

@ObjectType("ToolAlternativeConnection", {
  simpleResolvers: true,
  description: "A page of the alternatives to a tool.",
})
export class ToolAlternativeConnection extends connectionOf(
  () => Tool,
  () => ToolAlternativeEdge,
  "tools",
) {}

@ObjectType("RelatedTopicEdge", { simpleResolvers: true, description: "One topic that is related to another." })
export class RelatedTopicEdge extends edgeOf(() => Topic, "topic") {
  @Field(() => Int, { description: "How many tools both pages show." })
  readonly sharedToolCount!: number;
}

@ObjectType("RelatedTopicConnection", { simpleResolvers: true, description: "A page of the topics related to one." })
export class RelatedTopicConnection extends connectionOf(
  () => Topic,
  () => RelatedTopicEdge,
  "topics",
) {}

@ObjectType("Money", { simpleResolvers: true, description: "An amount of money." })
export class Money {
  @Field(() => DecimalScalar, {
    description: 'The amount in the currency\'s main unit, exact and without trailing zeros; `"0"` is free.',
  })
  readonly amount!: string;

  @Field(() => String, { description: "The currency: three letters after ISO 4217, such as `USD`." })
  readonly currency!: string;
}

@ObjectType("Source", { simpleResolvers: true, description: "Where a price or a fact comes from." })
export class Source {
  @Field(() => String, { description: "What the source is called." })
  readonly name!: string;

  @Field(() => UrlScalar, { nullable: true, description: "Where to read it; null when it is not on the web." })
  readonly url!: string | null;
}

@ObjectType("ToolPlan", {
  implements: Node,
  simpleResolvers: true,
  description: "A way to pay for a tool, with its price on a day.",
})
export class ToolPlan extends Node {
  @Field(() => Int, { description: "The plan's place among the tool's plans, from 1." })
  readonly position!: number;

  @Field(() => String, { description: "The name. One plan may come several times, with different units." })
  readonly name!: string;

  @Field(() => PlanUnit, { description: "What the price is paid for." })
  readonly unit!: PlanUnit;

  @Field(() => String, {
    nullable: true,
    description: "What the plan brings, plain text; null when there is nothing to add.",
  })
  readonly description!: string | null;

  @Field(() => DateScalar, { description: "The day on which the price was true." })
  readonly asOf!: string;
}

@ObjectType("Fact", { implements: Node, simpleResolvers: true, description: "A dated statement with its source." })
export class Fact extends Node {
  @Field(() => String, { description: "A stable name of the fact, unique among the facts of its tool or topic." })
  readonly key!: string;

  @Field(() => FactKind, { description: "What the fact is about." })
  readonly kind!: FactKind;

  @Field(() => String, { description: "The fact in one sentence, plain text." })
  readonly statement!: string;

  @Field(() => DecimalScalar, { nullable: true, description: "The number in the statement; null when there is none." })
  readonly value!: string | null;

  @Field(() => FactComparison, { description: "How `value` is meant." })
  readonly comparison!: FactComparison;

  @Field(() => String, {
    nullable: true,
    description: "The unit of `value`, such as `USD per year`; null when there is none.",
  })
  readonly unit!: string | null;

  @Field(() => DateScalar, { description: "The day for which the statement holds." })
  readonly asOf!: string;

  @Field(() => DateScalar, {
    nullable: true,
    description: "The day on which an editor last checked it; null when nobody has.",
  })
  readonly verifiedOn!: string | null;

  @Field(() => DateScalar, {
    nullable: true,
    description: "The day after which it has to be checked again; null when it does not age.",
  })
  readonly staleAfter!: string | null;
}

@ObjectType("FactEdge", { simpleResolvers: true, description: "One fact and its place in a list." })
export class FactEdge extends edgeOf(() => Fact, "fact") {}

@ObjectType("FactConnection", { simpleResolvers: true, description: "A page of a list of facts." })
export class FactConnection extends connectionOf(
  () => Fact,
  () => FactEdge,
  "facts",
) {}
