// What content health finds, described for editors.
import { Field, Int, ObjectType } from "type-graphql";
import { HealthRule, healthRules, HealthSeverity } from "../../content/health/health.finding";
import { defineEnum } from "../../graphql/enums";

defineEnum(HealthSeverity, "HealthSeverity", "How bad a finding of content health is.", {
  ERROR: "It stops publishing.",
  WARNING: "It should be mended soon; readers may be misled or annoyed.",
  NOTICE: "It can be better, or has to be looked at some day.",
});

defineEnum(
  HealthRule,
  "HealthRule",
  "A rule of content health.",
  Object.fromEntries(Object.entries(healthRules).map(([rule, { meaning }]) => [rule, meaning])) as Record<
    HealthRule,
    string
  >,
);

@ObjectType("HealthFinding", {
  simpleResolvers: true,
  description: "Something about a topic, a tool, a module or a lesson that an editor should mend.",
})
export class HealthFinding {
  @Field(() => HealthRule, { description: "The rule that it breaks." })
  readonly rule!: HealthRule;

  @Field(() => HealthSeverity, { description: "How bad it is." })
  readonly severity!: HealthSeverity;

  @Field(() => [String], {
    description:
      "The field of the content, with places in lists from 0, such as `sections`, `2`, `body`; empty for the whole.",
  })
  readonly path!: readonly string[];

  @Field(() => Int, {
    nullable: true,
    description: "The line, from 1, within a field that holds Markdown; null for other fields.",
  })
  readonly line!: number | null;

  @Field(() => String, { description: "What is wrong." })
  readonly message!: string;

  @Field(() => String, { description: "How to mend it." })
  readonly remedy!: string;
}
