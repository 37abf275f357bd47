// What was live when, as the revisions tell.
import type { DatabaseSession } from "../db/database";
import { sql } from "../db/sql";
import { entityOf } from "./revision.write";
import type { ContentKind } from "./content.files";
import { followAddresses, type SourceWithId } from "./publish";
import type { Source } from "./source.model";

/** What an entity said at an instant, names in it led on to what they are called now; undefined when it was not live then. */
export async function readSourceAt(
  session: DatabaseSession,
  kind: ContentKind,
  id: number,
  at: Date,
): Promise<SourceWithId | undefined> {
  const [row] = await session.query<{ slug: string; content: string }>(sql`
    SELECT r."slug" AS "slug", r."content"::text AS "content" FROM "revision" r
    WHERE r."entity" = ${entityOf(kind)}::"revision_entity" AND r."entity_id" = ${id}
      AND r."published_at" < ${at.toISOString()}::timestamptz
      AND (r."withdrawn_at" IS NULL OR r."withdrawn_at" >= ${at.toISOString()}::timestamptz)
    ORDER BY r."published_at" DESC LIMIT 1`);
  if (!row) return undefined;
  const content = JSON.parse(row.content) as unknown;
  const source = { kind, slug: row.slug, content, formerSlugs: [] } as unknown as Source;
  const [change] = await followAddresses(session, [{ id, source }]);
  return change;
}
