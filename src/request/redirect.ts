// Addresses that entities had before: they lead to them for ever.
import { contentTypes } from "../db/announced-tables";
import { sql } from "../db/sql";
import { defineContentLoader } from "./loader";

interface FormerAddress {
  /** The GraphQL type. */
  type: string;
  slug: string;
}

/** The id of the entity that had this address; null when there is none. Asked only where no entity has the address now. */
export const formerAddress = defineContentLoader<FormerAddress, number | null>({
  name: "SlugRedirect",
  madeOf: (reads, { type }) => contentTypes.filter(name => name === type).forEach(name => reads.all(name)),
  cacheKey: ({ type, slug }) => `${type} ${slug}`,
  batch: async (session, keys) => {
    const rows = await session.query<{ entity: string; slug: string; id: number }>(sql`
      SELECT r."entity"::text AS "entity", r."slug" AS "slug", r."entity_id" AS "id" FROM "slug_redirect" r
      JOIN unnest(${keys.map(({ type }) => type.toUpperCase())}::text[], ${keys.map(({ slug }) => slug)}::text[]) k("entity", "slug")
        ON r."entity" = k."entity"::"revision_entity" AND r."slug" = k."slug"`);
    const byKey = new Map(rows.map(({ entity, slug, id }) => [`${entity} ${slug}`, id]));
    return keys.map(({ type, slug }) => byKey.get(`${type.toUpperCase()} ${slug}`) ?? null);
  },
});
