// Revisions of what goes live: each publication is one, whoever causes it.
import type { DatabaseSession } from "../db/database";
import { sql } from "../db/sql";
import type { RevisionEntity } from "../generated/prisma/enums";
import type { ContentKind } from "./content.files";
import type { Source } from "./source.model";

export interface Author {
  /** Null for one that is no user, such as the import. */
  id: string | null;
  name: string;
}

export interface Publication {
  id: number;
  source: Source;
}

export const entityOf = (kind: ContentKind): RevisionEntity => kind.toUpperCase() as RevisionEntity;
export const kindOf = (entity: RevisionEntity): ContentKind => entity.toLowerCase() as ContentKind;

/** Keeps a statement with long texts well below the time that it may take. */
const portion = 50;

/**
 * Records that these contents are live from now on, each as the newest revision of its entity. What was live before, and drafts that are
 * older now than what is live, count as superseded.
 */
export async function recordPublications(
  session: DatabaseSession,
  publications: readonly Publication[],
  author: Author,
  note: string,
): Promise<void> {
  for (let start = 0; start < publications.length; start += portion) {
    const rows = publications.slice(start, start + portion).map(({ id, source: { kind, slug, content } }) => ({
      ...{ entity: entityOf(kind), entityId: id, slug, content },
    }));
    const given = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS g("entity" "revision_entity", "entityId" integer, "slug" text, "content" jsonb)`;
    // The index that allows one published revision is not deferrable: the old one goes first.
    await session.query(sql`
      UPDATE "revision" r SET "state" = 'SUPERSEDED', "updated_at" = now(),
        "withdrawn_at" = CASE WHEN r."state" = 'PUBLISHED' THEN greatest(now(), r."published_at") END
      FROM ${given}
      WHERE r."entity" = g."entity" AND r."entity_id" = g."entityId" AND r."state" NOT IN ('SUPERSEDED', 'DISCARDED')`);
    await session.query(sql`
      INSERT INTO "revision" ("entity", "entity_id", "number", "state", "slug", "content", "author_id", "author_name", "note", "published_at")
      SELECT g."entity", g."entityId", coalesce(last."number", 0) + 1, 'PUBLISHED', g."slug", g."content",
        ${author.id}::uuid, ${author.name}, ${note}, now()
      FROM ${given} LEFT JOIN LATERAL (
        SELECT max(r."number") AS "number" FROM "revision" r WHERE r."entity" = g."entity" AND r."entity_id" = g."entityId"
      ) last ON TRUE`);
  }
}

/** Records that entities are live no longer. */
export async function recordWithdrawals(
  session: DatabaseSession,
  kind: ContentKind,
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return;
  await session.query(sql`
    UPDATE "revision" SET "state" = 'SUPERSEDED', "withdrawn_at" = greatest(now(), "published_at"), "updated_at" = now()
    WHERE "entity" = ${entityOf(kind)}::"revision_entity" AND "entity_id" = ANY (${[...ids]}::integer[]) AND "state" = 'PUBLISHED'`);
}

/** Which of the entities have no published revision: they were there before there were revisions, or were written by other means. */
export async function withoutPublication(
  session: DatabaseSession,
  kind: ContentKind,
  ids: readonly number[],
): Promise<Set<number>> {
  const rows = await session.query<{ id: number }>(sql`
    SELECT i."id" AS "id" FROM unnest(${[...ids]}::integer[]) i("id")
    WHERE NOT EXISTS (
      SELECT 1 FROM "revision" r
      WHERE r."entity" = ${entityOf(kind)}::"revision_entity" AND r."entity_id" = i."id" AND r."state" = 'PUBLISHED')`);
  return new Set(rows.map(({ id }) => id));
}

/** The ids of entities that are not live but were, or have drafts, by the slug of their newest revision: they keep their history. */
export async function promisedIds(
  session: DatabaseSession,
  kind: ContentKind,
  slugs: readonly string[],
): Promise<Map<string, number>> {
  if (slugs.length === 0) return new Map();
  const rows = await session.query<{ slug: string; id: number }>(sql`
    SELECT DISTINCT ON (r."slug") r."slug" AS "slug", r."entity_id" AS "id" FROM "revision" r
    WHERE r."entity" = ${entityOf(kind)}::"revision_entity" AND r."slug" = ANY (${[...slugs]}::text[])
    ORDER BY r."slug", r."id" DESC`);
  return new Map(rows.map(({ slug, id }) => [slug, id]));
}
