// Counts of the catalogue, read from the table that the database's triggers keep.
import { contentTypes } from "../../db/announced-tables";
import { sql } from "../../db/sql";
import type { RequestContext } from "../../request/context";
import { defineContentLoader } from "../../request/loader";

export type CatalogCounts = Readonly<Record<"TOPIC" | "TOOL" | "MODULE" | "LESSON" | "TOOL_GUIDE" | "FACT", number>>;

const counts = defineContentLoader<"all", CatalogCounts>({
  name: "CatalogStats",
  madeOf: contentTypes,
  batch: async (session, keys) => {
    const rows = await session.query<{ name: string; count: number }>(sql`SELECT "name", "count" FROM "catalog_count"`);
    const all = Object.fromEntries(rows.map(row => [row.name, row.count])) as CatalogCounts;
    return keys.map(() => all);
  },
});

/** All counts in one statement, however many fields of a request ask. */
export function catalogCounts(ctx: RequestContext): Promise<CatalogCounts> {
  return counts.load(ctx, "all");
}

/** How many free lessons and tool guides the catalogue can honestly claim, such as "500+ free lessons and tool guides". */
export async function lessonClaim(ctx: RequestContext): Promise<string> {
  const { LESSON, TOOL_GUIDE } = await catalogCounts(ctx);
  return `${roundedClaim(LESSON + TOOL_GUIDE)} free lessons and tool guides`;
}

/** Rounded down to a number one says: to hundreds from 1,000, to fifties from 100, to tens from 10. Exact numbers carry no plus. */
export function roundedClaim(total: number): string {
  const step = total >= 1_000 ? 100 : total >= 100 ? 50 : total >= 10 ? 10 : 1;
  const rounded = total - (total % step);
  return `${rounded.toLocaleString("en-US")}${rounded < total ? "+" : ""}`;
}
