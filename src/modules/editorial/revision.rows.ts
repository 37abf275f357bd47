// How revisions are read. Their content has a reader of its own: no list can reach it.
import { sql, type Sql } from "../../db/sql";
import type { DatabaseSession } from "../../db/database";
import { entityOf, kindOf } from "../../content/revision.write";
import type { ContentKind } from "../../content/content.files";
import type { Source } from "../../content/source.model";
import type { Revision } from "../../generated/prisma/client";
import type { RevisionEntity, RevisionState } from "../../generated/prisma/enums";
import type { RequestContext } from "../../request/context";
import { readValue } from "../../request/column";
import { defineEntity } from "../../request/entity";
import { defineList } from "../../request/list";
import { revisionFilter, revisionOrder } from "./revision.args";

export interface RevisionRow {
  id: number;
  entity: RevisionEntity;
  entityId: number;
  number: number;
  state: RevisionState;
  slug: string;
  authorId: string | null;
  authorName: string;
  note: string;
  createdAt: string;
  updatedAt: string;
  approverName: string | null;
  approvedAt: string | null;
  scheduledFor: string | null;
  failure: string | null;
  failedAt: string | null;
  publishedAt: string | null;
  withdrawnAt: string | null;
}

export const revisionEntity = defineEntity<RevisionRow>({
  name: "Revision",
  table: "revision",
  columns: {
    id: "integer",
    entity: "enum",
    entityId: "integer",
    number: "integer",
    state: "enum",
    slug: "text",
    authorId: "uuid",
    authorName: "text",
    note: "text",
    createdAt: "instant",
    updatedAt: "instant",
    approverName: "text",
    approvedAt: "instant",
    scheduledFor: "instant",
    failure: "text",
    failedAt: "instant",
    publishedAt: "instant",
    withdrawnAt: "instant",
  },
  always: ["id", "entity", "entityId", "number"],
  needs: { scheduledAt: ["scheduledFor"] },
});

const newestFirst = [
  { expression: 'e."created_at"', type: "instant", descending: true },
  { expression: 'e."id"', type: "integer", descending: true },
] as const;

export const revisions = defineList({
  name: "Query.revisions",
  entity: revisionEntity,
  filter: revisionFilter,
  orders: { ...revisionOrder.keys, NEWEST_FIRST: newestFirst },
  defaultOrder: "NEWEST_FIRST",
});

/** A revision with its content, as a service needs it. */
export interface StoredRevision {
  id: number;
  kind: ContentKind;
  entityId: number;
  number: number;
  state: RevisionState;
  authorId: string | null;
  authorName: string;
  createdAt: Date;
  approvedAt: Date | null;
  note: string;
  source: Source;
}

const withContent = {
  id: true,
  entity: true,
  entityId: true,
  number: true,
  state: true,
  slug: true,
  content: true,
  authorId: true,
  authorName: true,
  createdAt: true,
  approvedAt: true,
  note: true,
} as const;

type Models = DatabaseSession["models"];
type Stored = Pick<Revision, keyof typeof withContent>;

export async function readRevision(models: Models, id: number): Promise<StoredRevision | null> {
  return toRevision(await models.revision.findUnique({ where: { id }, select: withContent }));
}

/** The newest revision of an entity. */
export async function readHead(models: Models, kind: ContentKind, entityId: number): Promise<StoredRevision | null> {
  return toRevision(
    await models.revision.findFirst({
      where: { entity: entityOf(kind), entityId },
      orderBy: { number: "desc" },
      select: withContent,
    }),
  );
}

export async function readNumbered(
  models: Models,
  kind: ContentKind,
  entityId: number,
  number: number,
): Promise<StoredRevision | null> {
  const where = { entity_entityId_number: { entity: entityOf(kind), entityId, number } };
  return toRevision(await models.revision.findUnique({ where, select: withContent }));
}

export async function readPublished(
  models: Models,
  kind: ContentKind,
  entityId: number,
): Promise<StoredRevision | null> {
  return toRevision(
    await models.revision.findFirst({
      where: { entity: entityOf(kind), entityId, state: "PUBLISHED" },
      select: withContent,
    }),
  );
}

export interface PublishedRevision {
  entityId: number;
  /** In UTC, with milliseconds. */
  publishedAt: string;
  source: Source;
}

/** What went live after `since`, and the last one before, of each entity the newest first, at most `most` of each. */
export async function readPublications(
  session: Pick<DatabaseSession, "query">,
  kind: ContentKind,
  ids: readonly number[],
  since: string,
  most: number,
): Promise<PublishedRevision[]> {
  const [entity, instant] = [sql`${entityOf(kind)}::"revision_entity"`, sql`${since}::timestamptz`];
  const published = (bound: Sql, limit: number) => sql`(
    SELECT r."slug", r."content", r."published_at" FROM "revision" r
    WHERE r."entity" = ${entity} AND r."entity_id" = i."id" AND r."published_at" ${bound}
    ORDER BY r."published_at" DESC LIMIT ${limit})`;
  const rows = await session.query<{ entityId: number; slug: string; content: string; publishedAt: string }>(sql`
    SELECT i."id" AS "entityId", r."slug" AS "slug", r."content"::text AS "content",
      ${readValue('r."published_at"', "instant")} AS "publishedAt"
    FROM unnest(${[...ids]}::integer[]) i("id")
    CROSS JOIN LATERAL (
      ${published(sql`> ${instant}`, most)} UNION ALL ${published(sql`<= ${instant}`, 1)}
    ) r ORDER BY i."id", r."published_at" DESC`);
  return rows.map(({ entityId, publishedAt, slug, content }) => ({
    ...{ entityId, publishedAt },
    source: { kind, slug, content: JSON.parse(content) as unknown, formerSlugs: [] } as unknown as Source,
  }));
}

/** Until the end of the transaction, nobody else changes the revisions of this entity. */
export async function lockRevisions(session: DatabaseSession, kind: ContentKind, entityId: number): Promise<void> {
  await session.query(sql`
    SELECT "id" AS "id" FROM "revision"
    WHERE "entity" = ${entityOf(kind)}::"revision_entity" AND "entity_id" = ${entityId} AND "number" = 1 FOR UPDATE`);
}

/** The id of an entity that is not live yet: the one it will have. */
export async function nextEntityId(session: DatabaseSession, kind: ContentKind): Promise<number> {
  const [row] = await session.query<{ id: number }>(
    sql`SELECT nextval(pg_get_serial_sequence(${`"${kind}"`}, 'id'))::integer AS "id"`,
  );
  if (!row) throw new Error("a sequence gave nothing");
  return row.id;
}

function toRevision(row: Stored | null): StoredRevision | null {
  if (!row) return null;
  const { entity, slug, content, ...rest } = row;
  return { ...rest, kind: kindOf(entity), source: sourceOf({ entity, slug, content }) };
}

/** What is stored was sound when it was saved. */
function sourceOf({ entity, slug, content }: Pick<Stored, "entity" | "slug" | "content">): Source {
  return { kind: kindOf(entity), slug, content, formerSlugs: [] } as unknown as Source;
}

/** All that clients can ask of a revision. */
export async function readRevisionRow(ctx: RequestContext, id: number): Promise<RevisionRow> {
  const row = await revisionEntity.find(ctx, "id", id, new Set(Object.keys(revisionEntity.columns)));
  if (!row) throw new Error("a revision is gone");
  return row;
}

export async function readSourcesOf(models: Models, ids: readonly number[]): Promise<Map<number, Source>> {
  const rows = await models.revision.findMany({ where: { id: { in: [...ids] } }, select: withContent });
  return new Map(rows.map(row => [row.id, sourceOf(row)]));
}
