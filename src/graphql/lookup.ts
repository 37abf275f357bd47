// Reading one entity by one of the keys a client may name it by. The inputs are made @oneOf when the schema is built.
import { Length } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import type { RequestContext } from "../request/context";
import type { Entity } from "../request/entity";
import { formerAddress } from "../request/redirect";
import { badInput } from "../errors/app-error";
import { decodeNodeId, integerKey } from "./node-id";
import { selectedColumns, type SelectionInfo } from "./selection";

const maxIdLength = 200;
const maxSlugLength = 80;

/** What the inputs `TopicBy`, `ToolBy`, … have in common; each extends it. */
@InputType()
export abstract class IdOrSlug {
  @Field(() => ID, { nullable: true, description: "The global id." })
  @Length(1, maxIdLength)
  id?: string;

  @Field(() => String, {
    nullable: true,
    description: "The address in URLs; one that it had before, too. The answer's `slug` is the present one.",
  })
  @Length(1, maxSlugLength)
  slug?: string;
}

/**
 * The row that `by` names, or null when there is none; an id of another type names none. A slug that an entity had before names it still.
 * @throws AppError BAD_USER_INPUT for text that cannot be an id.
 */
export async function findBy<Row extends { id: number; slug: string }>(
  entity: Entity<Row>,
  by: IdOrSlug,
  ctx: RequestContext,
  info: SelectionInfo,
): Promise<Row | null> {
  if (by.slug !== undefined) {
    const found = await find(entity, "slug", by.slug, ctx, info);
    return found ?? find(entity, "id", await formerAddress.load(ctx, { type: entity.name, slug: by.slug }), ctx, info);
  }
  if (by.id === undefined) throw badInput("by", "must name exactly one of id and slug.");
  return find(entity, "id", integerKey(decodeNodeId(by.id, "by.id"), entity.name), ctx, info);
}

/** The row whose unique `field` is `value`, with the columns that are selected; null for none, and for the value null. */
export async function find<Row>(
  entity: Entity<Row>,
  field: keyof Row & string,
  value: string | number | null,
  ctx: RequestContext,
  info: SelectionInfo,
): Promise<Row | null> {
  return value === null ? null : entity.find(ctx, field, value, selectedColumns(info, entity));
}
