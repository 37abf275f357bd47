// Content health of what is live in the database: reads the sources and what the rules must know around them. Writes nothing.
import type { DatabaseSession } from "../../db/database";
import { joinSql, sql, trustedSql, type Sql } from "../../db/sql";
import { contentKinds, type ContentKind } from "../content.files";
import { isSlug } from "../content.text";
import { readLiveSources, type LiveScope } from "../live.read";
import { entityOf } from "../revision.write";
import type { Source } from "../source.model";
import { checkHealth } from "./health.check";
import type { HealthFinding } from "./health.finding";
import { addressesIn, addressKey, slugsOf, type HealthSurroundings, type KnownEntity } from "./health.surroundings";
import { markdownFields } from "./source.texts";

export interface SourceHealth {
  source: Source;
  /** The worst first; empty when nothing is wrong. */
  findings: HealthFinding[];
}

/**
 * The health of the live entities of `scope`, in the order of kind and id. The number of statements does not depend on how many they
 * are, except that sources are read in portions.
 * @param today `YYYY-MM-DD`, the day in UTC.
 */
export async function checkLiveHealth(
  session: DatabaseSession,
  scope: LiveScope,
  today: string,
): Promise<SourceHealth[]> {
  const live = await readLiveSources(session, scope);
  const sources = live.map(({ source }) => source);
  return checkAll(sources, await readSurroundings(session, sources), today);
}

/** One after the other: parsing keeps the processor busy anyway. */
export async function checkAll(
  sources: readonly Source[],
  surroundings: HealthSurroundings,
  today: string,
): Promise<SourceHealth[]> {
  const health: SourceHealth[] = [];
  for (const source of sources) health.push({ source, findings: await checkHealth(source, surroundings, today) });
  return health;
}

/** What is live now of that which `sources`, live or drafts, name. Three statements, whatever they are. */
export async function readSurroundings(
  session: DatabaseSession,
  sources: readonly Source[],
): Promise<HealthSurroundings> {
  const named = new Map<ContentKind, Set<string>>(contentKinds.map(kind => [kind, new Set()]));
  for (const source of sources) {
    for (const { kind, slug } of addressesIn(source, await markdownFields(source))) {
      if (isSlug(slug)) named.get(kind)?.add(slug);
    }
  }
  const addresses = await session.query<AddressRow>(addressStatement(kind => [...(named.get(kind) ?? [])]));
  const evidence = new Map<string, string[]>();
  const statement = evidenceStatement(kind => addresses.filter(row => row.kind === kind).map(({ slug }) => slug));
  for (const { kind, slug, text } of await session.query<EvidenceRow>(statement)) {
    const key = addressKey(kind, slug);
    evidence.set(key, [...(evidence.get(key) ?? []), text]);
  }
  const entities = new Map<string, KnownEntity>();
  for (const { address, ...row } of addresses) {
    entities.set(addressKey(row.kind, address), {
      ...row,
      evidence: evidence.get(addressKey(row.kind, row.slug)) ?? [],
    });
  }
  const lessons = sources.flatMap(source => (source.kind === "lesson" ? slugsOf(source) : []));
  const inModules = await session.query<{ slug: string }>(
    sql`SELECT l."slug" FROM "lesson" l WHERE l."module_id" IS NOT NULL AND l."slug" = ANY (${lessons}::text[])`,
  );
  const held = new Set(inModules.map(({ slug }) => slug));
  return {
    find: (kind, slug) => entities.get(addressKey(kind, slug)),
    isInModule: slug => held.has(slug),
  };
}

interface AddressRow {
  kind: ContentKind;
  /** Asked for. */
  address: string;
  /** Today. */
  slug: string;
  name: string;
}

/** What has an address now comes after what had it before, so that it wins. */
function addressStatement(slugsOfKind: (kind: ContentKind) => string[]): Sql {
  const parts = contentKinds.flatMap(kind => {
    const [slugs, table, name] = [
      slugsOfKind(kind),
      trustedSql(`"${kind}"`),
      trustedSql(kind === "tool" ? "name" : "title"),
    ];
    return [
      sql`SELECT ${kind}::text AS "kind", r."slug" AS "address", t."slug", t.${name} AS "name", 1 AS "order"
          FROM "slug_redirect" r JOIN ${table} t ON t."id" = r."entity_id"
          WHERE r."entity" = ${entityOf(kind)}::"revision_entity" AND r."slug" = ANY (${slugs}::text[])`,
      sql`SELECT ${kind}::text, t."slug", t."slug", t.${name}, 2 FROM ${table} t WHERE t."slug" = ANY (${slugs}::text[])`,
    ];
  });
  return sql`${joinSql(parts, " UNION ALL ")} ORDER BY "order"`;
}

interface EvidenceRow {
  kind: ContentKind;
  slug: string;
  text: string;
}

function evidenceStatement(slugsOfKind: (kind: ContentKind) => string[]): Sql {
  const [tools, topics] = [slugsOfKind("tool"), slugsOfKind("topic")];
  const fact = sql`concat_ws(' ', f."statement", f."value"::text)`;
  return sql`
    SELECT 'tool' AS "kind", t."slug", ${fact} AS "text"
    FROM "fact" f JOIN "tool" t ON t."id" = f."tool_id" WHERE t."slug" = ANY (${tools}::text[])
    UNION ALL
    SELECT 'tool', t."slug", concat_ws(' ', p."amount"::text, p."description")
    FROM "tool_plan" p JOIN "tool" t ON t."id" = p."tool_id" WHERE t."slug" = ANY (${tools}::text[])
    UNION ALL
    SELECT 'topic', t."slug", ${fact}
    FROM "fact" f JOIN "topic" t ON t."id" = f."topic_id" WHERE t."slug" = ANY (${topics}::text[])`;
}
