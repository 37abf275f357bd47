// What live entities are called.
import type { DatabaseSession } from "../db/database";
import { sql, trustedSql } from "../db/sql";
import type { ContentKind } from "./content.files";

/** The titles, or the names of tools, by slug. */
export async function slugNames(
  session: Pick<DatabaseSession, "query">,
  kind: ContentKind,
  slugs: readonly string[],
): Promise<Map<string, string>> {
  if (slugs.length === 0) return new Map();
  const name = trustedSql(kind === "tool" ? `"name"` : `"title"`);
  const rows = await session.query<{ slug: string; name: string }>(sql`
    SELECT "slug" AS "slug", ${name} AS "name" FROM ${trustedSql(`"${kind}"`)} WHERE "slug" = ANY (${[...slugs]}::text[])`);
  return new Map(rows.map(row => [row.slug, row.name]));
}
