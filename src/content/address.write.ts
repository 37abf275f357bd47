// Addresses: the slug that an entity has, and those that lead to it for ever. The only writer of `slug_redirect`.
import type { DatabaseSession } from "../db/database";
import { sql, trustedSql } from "../db/sql";
import type { ContentKind } from "./content.files";
import { entityOf } from "./revision.write";

export interface Address {
  slug: string;
  id: number;
}

/** The ids of what these slugs lead to: as the PRESENT address of what is live, or as a FORMER one, of anything. */
export async function readAddresses(
  session: DatabaseSession,
  kind: ContentKind,
  which: "PRESENT" | "FORMER",
  slugs: readonly string[],
): Promise<Map<string, number>> {
  if (slugs.length === 0) return new Map();
  const addresses =
    which === "PRESENT"
      ? trustedSql(`"${kind}" a`)
      : sql`(SELECT "slug", "entity_id" AS "id" FROM "slug_redirect" WHERE "entity" = ${entityOf(kind)}::"revision_entity") a`;
  const rows = await session.query<Address>(sql`
    SELECT a."slug" AS "slug", a."id" AS "id" FROM ${addresses} WHERE a."slug" = ANY (${[...slugs]}::text[])`);
  return new Map(rows.map(({ slug, id }) => [slug, id]));
}

/** From now on, each slug leads to its entity. */
export async function addRedirects(
  session: DatabaseSession,
  kind: ContentKind,
  addresses: readonly Address[],
): Promise<void> {
  if (addresses.length === 0) return;
  await session.query(sql`
    INSERT INTO "slug_redirect" ("entity", "slug", "entity_id")
    SELECT ${entityOf(kind)}::"revision_entity", r."slug", r."id"
    FROM jsonb_to_recordset(${JSON.stringify(addresses)}::jsonb) AS r("slug" text, "id" integer)
    ON CONFLICT ("entity", "slug") DO UPDATE SET "entity_id" = EXCLUDED."entity_id"
    WHERE "slug_redirect"."entity_id" <> EXCLUDED."entity_id"`);
}

/** Lets everything that led to one entity lead to another. */
export async function moveRedirects(
  session: DatabaseSession,
  kind: ContentKind,
  from: number,
  to: number,
): Promise<void> {
  await session.query(sql`
    UPDATE "slug_redirect" SET "entity_id" = ${to}
    WHERE "entity" = ${entityOf(kind)}::"revision_entity" AND "entity_id" = ${from}`);
}

/** Gives a live entity another slug; its old one leads to it. @param address its id, and its new slug */
export async function changeAddress(session: DatabaseSession, kind: ContentKind, { id, slug }: Address): Promise<void> {
  const table = trustedSql(`"${kind}"`);
  const [before] = await session.query<{ slug: string }>(sql`SELECT "slug" AS "slug" FROM ${table} WHERE "id" = ${id}`);
  if (!before || before.slug === slug) return;
  await session.query(sql`UPDATE ${table} SET "slug" = ${slug}, "updated_at" = now() WHERE "id" = ${id}`);
  // An entity may take back an address that led to it.
  await session.query(sql`
    DELETE FROM "slug_redirect"
    WHERE "entity" = ${entityOf(kind)}::"revision_entity" AND "slug" = ${slug} AND "entity_id" = ${id}`);
  await addRedirects(session, kind, [{ slug: before.slug, id }]);
}
