// Numbers about the whole catalogue.
import { Field, Int, ObjectType } from "type-graphql";

@ObjectType("CatalogStats", { simpleResolvers: true, description: "How much the catalogue holds." })
export class CatalogStats {
  @Field(() => Int, { description: "How many topics." })
  readonly topicCount!: number;

  @Field(() => Int, { description: "How many tools." })
  readonly toolCount!: number;

  @Field(() => Int, { description: "How many modules." })
  readonly moduleCount!: number;

  @Field(() => Int, { description: "How many lessons, without tool guides." })
  readonly lessonCount!: number;

  @Field(() => Int, { description: "How many tool guides." })
  readonly toolGuideCount!: number;

  @Field(() => Int, { description: "How many dated facts." })
  readonly factCount!: number;
}
