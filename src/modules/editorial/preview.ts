// A draft through the same types as the live page: the operation reads a catalogue in which the draft is live (content/overlay.read.ts).
import type { GraphQLResolveInfo } from "graphql";
import type { ContentKind } from "../../content/content.files";
import { overlayOf } from "../../content/overlay.read";
import { followAddresses } from "../../content/publish";
import { kindOf } from "../../content/revision.write";
import { badInput } from "../../errors/app-error";
import { isAlone, selectedColumns } from "../../graphql/selection";
import { readInstead, type RequestContext } from "../../request/context";
import type { Entity } from "../../request/entity";
import { lessonEntity, moduleEntity } from "../lesson/lesson.rows";
import { toolEntity } from "../tool/tool.rows";
import { topicEntity } from "../topic/topic.rows";
import { typeOf } from "./draft.service";
import { readRevision, type RevisionRow } from "./revision.rows";

const entities: Readonly<Record<ContentKind, Entity<{ id: number }>>> = {
  topic: topicEntity as unknown as Entity<{ id: number }>,
  tool: toolEntity as unknown as Entity<{ id: number }>,
  module: moduleEntity as unknown as Entity<{ id: number }>,
  lesson: lessonEntity as unknown as Entity<{ id: number }>,
};

/** The live row with the name of its type, or null. */
export async function readContent(
  ctx: RequestContext,
  { entity, entityId }: Pick<RevisionRow, "entity" | "entityId">,
  info: GraphQLResolveInfo,
): Promise<object | null> {
  const kind = kindOf(entity);
  const row = await entities[kind].find(ctx, "id", entityId, selectedColumns(info, entities[kind]));
  return row && { ...row, __typename: typeOf(kind) };
}

/** @throws AppError BAD_USER_INPUT beside other fields, which would read the draft too. */
export async function previewRevision(
  ctx: RequestContext,
  { id, entity, entityId }: RevisionRow,
  info: GraphQLResolveInfo,
): Promise<object | null> {
  if (!isAlone(info)) throw badInput("preview", "must be asked for once, below the only field of the operation.");
  const revision = await readRevision(ctx.session.models, id);
  if (!revision) return null;
  const [change] = await followAddresses(ctx.session, [{ id: entityId, source: revision.source }]);
  const tables = change && (await overlayOf(ctx.session, change));
  if (!tables) return null;
  readInstead(ctx, tables);
  return readContent(ctx, { entity, entityId }, info);
}
