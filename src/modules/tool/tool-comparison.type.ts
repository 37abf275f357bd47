// Tools side by side: the same question of each, in rows.
import { Field, ObjectType } from "type-graphql";
import { FactKind, PlanUnit } from "./tool.enums";
import { Fact, Tool, ToolPlan } from "./tool.type";

export const maxCompared = 10;
const oneForEach = `one for each tool, in their order; at most ${maxCompared}`;

@ObjectType("PlanComparisonCell", { simpleResolvers: true, description: "What one tool costs for one unit." })
export class PlanComparisonCell {
  @Field(() => Tool, { description: "The tool." })
  readonly tool!: Tool;

  @Field(() => [ToolPlan], {
    description: "Its plans with this unit, in the editors' order; none when it has none; at most 100.",
  })
  readonly plans!: readonly ToolPlan[];
}

@ObjectType("PlanComparisonRow", { simpleResolvers: true, description: "What the tools cost for one unit." })
export class PlanComparisonRow {
  @Field(() => PlanUnit, { description: "What the prices of this row are paid for." })
  readonly unit!: PlanUnit;

  @Field(() => [PlanComparisonCell], { description: `The prices, ${oneForEach}.` })
  readonly cells!: readonly PlanComparisonCell[];
}

@ObjectType("FactComparisonCell", { simpleResolvers: true, description: "What is known of one tool about one thing." })
export class FactComparisonCell {
  @Field(() => Tool, { description: "The tool." })
  readonly tool!: Tool;

  @Field(() => [Fact], {
    description: "Its facts of this kind, in the editors' order; none when it has none; at most 100.",
  })
  readonly facts!: readonly Fact[];
}

@ObjectType("FactComparisonRow", { simpleResolvers: true, description: "What is known of the tools about one thing." })
export class FactComparisonRow {
  @Field(() => FactKind, { description: "What the facts of this row are about." })
  readonly kind!: FactKind;

  @Field(() => [FactComparisonCell], { description: `The facts, ${oneForEach}.` })
  readonly cells!: readonly FactComparisonCell[];
}

@ObjectType("ToolComparison", { simpleResolvers: true, description: "Several tools side by side." })
export class ToolComparison {
  @Field(() => [Tool], { description: `The tools, in the order asked for; at most ${maxCompared}.` })
  readonly tools!: readonly Tool[];
}
