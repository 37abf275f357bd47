// How documents are searched. The only place with the SQL of search.
import { joinSql, sql, trustedSql, type Sql } from "../../db/sql";
import type { SearchType } from "../../generated/prisma/enums";
import type { CompiledFilter } from "../../request/filter";
import type { PageSize } from "../../request/page-args";

/** No more matches than this are ranked and counted. */
export const maxMatches = 10_000;

export interface SearchQuery {
  text: string;
  /** Null for all. */
  types: readonly SearchType[] | null;
  filter: CompiledFilter;
}

export interface Hit {
  type: SearchType;
  id: number;
}

/** Descending score, so that all sort keys of a search ascend. */
export type HitKeys = readonly [rank: number, type: SearchType, id: number];

const tsquery = (text: string): Sql => sql`websearch_to_tsquery('english', ${text})`;
const lowered = (text: string): Sql => sql`lower(${text} COLLATE "C")`;

/** Phrases, choices and exclusions are meant exactly; only plain words may be misspelt. */
export function hasOperators(text: string): boolean {
  return /"|(^|\s)-\S|\bor\b/i.test(text);
}

const typeCondition = (types: readonly SearchType[] | null): Sql =>
  types === null ? sql`TRUE` : sql`e."type" = ANY (${[...types]}::text[]::"search_type"[])`;

/** The documents that match and fit, as `matched` with their facets and `rank`, which is the negated score in millionths. */
function matched(text: string, condition: Sql): Sql {
  const similar = hasOperators(text)
    ? sql`SELECT NULL::"search_type", NULL::integer WHERE FALSE`
    : sql`SELECT s."type", s."entity_id" FROM "search_similar"(${lowered(text)}) s`;
  const similarity = hasOperators(text) ? sql`0` : sql`word_similarity(${lowered(text)}, lower(e."title" COLLATE "C"))`;
  return sql`
    "hit" AS (
      (SELECT e."type", e."entity_id" FROM "search_document" e WHERE e."vector" @@ ${tsquery(text)} AND ${condition} LIMIT ${maxMatches})
      UNION (${similar})
    ),
    "matched" AS MATERIALIZED (
      SELECT e."type", e."entity_id", e."level", e."access", e."topic_category", e."tool_category",
        -round(1000000 * (ts_rank_cd('{0.05, 0.2, 0.4, 1}', e."vector", ${tsquery(text)}, 32) + ${similarity}))::integer AS "rank"
      FROM "hit" JOIN "search_document" e USING ("type", "entity_id") WHERE ${condition} LIMIT ${maxMatches}
    )`;
}

const conditionOf = ({ types, filter }: SearchQuery): Sql => sql`${typeCondition(types)} AND ${filter.sql}`;

export function hitsStatement(
  query: SearchQuery,
  { size, direction }: PageSize,
  after: HitKeys | undefined,
  before: HitKeys | undefined,
): Sql {
  const keys = sql`(e."rank", e."type", e."entity_id")`;
  const compare = (operator: string, [rank, type, id]: HitKeys) =>
    sql`${keys} ${trustedSql(operator)} (${rank}::integer, ${type}::"search_type", ${id}::integer)`;
  const exists = (condition: Sql | undefined) =>
    condition ? sql`EXISTS (SELECT 1 FROM "matched" e WHERE ${condition})` : sql`FALSE`;
  const bounds = [sql`TRUE`, ...(after ? [compare(">", after)] : []), ...(before ? [compare("<", before)] : [])];
  const way = trustedSql(direction === "forward" ? "ASC" : "DESC");
  return sql`
    WITH ${matched(query.text, conditionOf(query))}
    SELECT ${exists(after && compare("<=", after))} AS "atOrBeforeStart", ${exists(before && compare(">=", before))} AS "atOrAfterEnd",
      x."rank", x."type"::text AS "type", x."entity_id" AS "id"
    FROM (SELECT 1) one LEFT JOIN LATERAL (
      SELECT * FROM "matched" e WHERE ${joinSql(bounds, " AND ")}
      ORDER BY e."rank" ${way}, e."type" ${way}, e."entity_id" ${way} LIMIT ${size + 1}
    ) x ON TRUE
    ORDER BY x."rank" ${way}, x."type" ${way}, x."entity_id" ${way}`;
}

export function totalStatement(query: SearchQuery): Sql {
  return sql`WITH ${matched(query.text, conditionOf(query))} SELECT count(*)::integer AS "total" FROM "matched"`;
}

export interface FacetDefinition {
  name: string;
  column: string;
  /** Everything but the facet's own restriction. */
  types: readonly SearchType[] | null;
  filter: CompiledFilter;
}

/** Values with their counts, by facet, in the order of the enums. */
export function facetsStatement(text: string, facets: readonly FacetDefinition[]): Sql {
  const parts = facets.map(({ name, column, types, filter }, index) => {
    const value = trustedSql(`e."${column}"`);
    return sql`(
      SELECT ${name} AS "facet", ${value}::text AS "value", count(*)::integer AS "count", ${index}::integer AS "at"
      FROM "matched" e WHERE ${value} IS NOT NULL AND ${typeCondition(types)} AND ${filter.sql} GROUP BY ${value} ORDER BY ${value}
    )`;
  });
  return sql`WITH ${matched(text, sql`TRUE`)} ${joinSql(parts, " UNION ALL ")}`;
}

/** Control characters that no text that people read has; taken out of it before. */
export const markers = { start: "\u0002", stop: "\u0003" } as const;

/** ts_headline drops what looks like markup; these stand in for its characters, and are taken out of the text themselves. */
export const standIns = { "\ue000": "<", "\ue001": ">", "\ue002": "&" } as const;

/** For each hit its texts, what was found in them between markers; of a long text a piece. Never of a locked body. */
export function highlightsStatement(text: string, hits: readonly Hit[]): Sql {
  const markerOptions = `StartSel="${markers.start}", StopSel="${markers.stop}"`;
  const to = Object.keys(standIns).join("");
  const from = Object.values(standIns).join("") + markers.start + markers.stop + to;
  const marked = (source: Sql, options: string) =>
    sql`ts_headline('english', translate(${source}, ${from}, ${to}), ${tsquery(text)}, ${`${markerOptions}, ${options}`})`;
  const source = (topic: string, tool: string, lesson: string) =>
    trustedSql(`coalesce((${topic}), (${tool}), (${lesson}))`);
  return sql`
    SELECT h."type", h."id",
      ${marked(source('t."title"', 'o."name"', 'l."title"'), "HighlightAll=true")} AS "TITLE",
      ${marked(source('t."summary"', 'o."tagline"', 'l."summary"'), "HighlightAll=true")} AS "SUMMARY",
      ${marked(sql`coalesce(b."bodies", o."description_text", CASE WHEN l."access" = 'PUBLIC' THEN l."body_text" END, '')`, "MinWords=12, MaxWords=32")} AS "BODY"
    FROM unnest(${hits.map(hit => hit.type)}::text[], ${hits.map(hit => hit.id)}::integer[]) AS h("type", "id")
    LEFT JOIN "topic" t ON h."type" = 'TOPIC' AND t."id" = h."id"
    LEFT JOIN LATERAL (
      SELECT string_agg(s."body_text", ' ' ORDER BY s."position") AS "bodies" FROM "topic_section" s WHERE s."topic_id" = t."id"
    ) b ON TRUE
    LEFT JOIN "tool" o ON h."type" = 'TOOL' AND o."id" = h."id"
    LEFT JOIN "lesson" l ON h."type" = 'LESSON' AND l."id" = h."id"
    WHERE coalesce(t."id", o."id", l."id") IS NOT NULL`;
}

/** Titles that start with `prefix`, then those with a word that does, then, from three characters on, similar ones. */
export function suggestionsStatement(prefix: string, types: readonly SearchType[] | null, size: number): Sql {
  const pattern = prefix.replace(/[A-Z]+/g, letters => letters.toLowerCase()).replace(/[\\%_]/g, "\\$&");
  const title = trustedSql('lower(e."title" COLLATE "C")');
  const tier = (number: number, condition: Sql) => sql`(
    SELECT e."type", e."entity_id", e."title", ${number}::integer AS "tier" FROM "search_document" e
    WHERE ${condition} AND ${typeCondition(types)} ORDER BY ${title}, e."type", e."entity_id" LIMIT ${size}
  )`;
  const tiers = [tier(1, sql`${title} LIKE ${`${pattern}%`}`)];
  // Anything shorter has no trigram, and every title would have to be read.
  if (/^[\p{L}\p{N}]{3}/u.test(prefix)) {
    tiers.push(
      tier(2, sql`${title} LIKE ${`% ${pattern}%`}`),
      sql`(
        SELECT e."type", e."entity_id", e."title", 3 AS "tier"
        FROM "search_similar"(${lowered(prefix)}) s JOIN "search_document" e USING ("type", "entity_id")
        WHERE ${typeCondition(types)} ORDER BY s."similarity" DESC, ${title}, e."type", e."entity_id" LIMIT ${size}
      )`,
    );
  }
  return sql`
    SELECT d."type"::text AS "type", d."entity_id" AS "id", d."title" FROM (
      SELECT DISTINCT ON (u."type", u."entity_id") u.* FROM (${joinSql(tiers, " UNION ALL ")}) u
      ORDER BY u."type", u."entity_id", u."tier"
    ) d ORDER BY d."tier", lower(d."title" COLLATE "C"), d."type", d."entity_id" LIMIT ${size}`;
}
