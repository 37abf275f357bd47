// What documents have to be held against before they go live: the live entities that they name, that name them, or that have what they want
// for themselves. Without texts, and never more than that: a catalogue may have a million lessons.
import type { DatabaseSession } from "../db/database";
import { sql } from "../db/sql";
import { namesIn } from "./catalogue.check";
import type { KnownIds } from "./catalogue.write";
import { fileOf, type ContentKind } from "./content.files";
import type { ContentDocument } from "./document.read";
import type { LessonSource, ModuleSource } from "./source.model";

export interface Neighbours {
  documents: ContentDocument[];
  ids: KnownIds;
}

/** An entity that is to change: its id, and what it is to be. */
export interface DocumentWithId {
  id: number;
  document: ContentDocument;
}

export async function readNeighbours(
  session: DatabaseSession,
  changes: readonly DocumentWithId[],
): Promise<Neighbours> {
  const neighbourhood = neighbourhoodOf(changes);
  const found: Record<ContentKind, Neighbour[]> = {
    topic: await readTopics(session, neighbourhood),
    tool: await readTools(session, neighbourhood),
    module: await readModules(session, neighbourhood),
    lesson: await readLessons(session, neighbourhood),
  };
  const kinds = Object.keys(found) as ContentKind[];
  return {
    documents: kinds.flatMap(kind => found[kind].map(row => documentOfNeighbour(kind, row))),
    ids: Object.fromEntries(
      kinds.map(kind => [kind, new Map(found[kind].map(({ slug, id }) => [slug, id]))]),
    ) as unknown as KnownIds,
  };
}

interface Neighbour {
  id: number;
  slug: string;
}

interface Neighbourhood {
  /** The changed entities themselves, which are nobody's neighbours. */
  ids: Record<ContentKind, number[]>;
  named: Record<ContentKind, string[]>;
  positions: number[];
  topicsOfModules: string[];
  /** Lessons whose module matters. */
  placed: string[];
  guided: string[];
  prerequisites: string[];
}

function neighbourhoodOf(changes: readonly DocumentWithId[]): Neighbourhood {
  const of = (kind: ContentKind) => changes.filter(({ document }) => document.kind === kind);
  const ids = (kind: ContentKind) => of(kind).map(({ id }) => id);
  const raws = <T>(kind: ContentKind) => of(kind).map(({ document }) => document.raw as T);
  const named = changes.flatMap(({ document }) => [...namesIn(document), ...document.references]);
  const names = (kind: ContentKind) => unique(named.filter(name => name.kind === kind).map(({ slug }) => slug));
  const modules = raws<ModuleSource>("module");
  const lessons = raws<LessonSource>("lesson");
  return {
    ids: { topic: ids("topic"), tool: ids("tool"), module: ids("module"), lesson: ids("lesson") },
    named: { topic: names("topic"), tool: names("tool"), module: names("module"), lesson: names("lesson") },
    positions: raws<{ position: number }>("topic").map(({ position }) => position),
    topicsOfModules: modules.map(({ topic }) => topic),
    placed: unique([
      ...modules.flatMap(module => module.lessons),
      ...of("lesson").map(({ document }) => document.slug),
    ]),
    guided: lessons.flatMap(({ guideTo }) => guideTo ?? []),
    prerequisites: unique(lessons.flatMap(({ prerequisites = [] }) => prerequisites)),
  };
}

function readTopics(session: DatabaseSession, { ids, named, positions }: Neighbourhood) {
  return session.query<Neighbour & { position: number }>(sql`
    SELECT "id" AS "id", "slug" AS "slug", "position" AS "position" FROM "topic"
    WHERE ("slug" = ANY (${named.topic}::text[]) OR "position" = ANY (${positions}::integer[]))
      AND NOT ("id" = ANY (${ids.topic}::integer[]))`);
}

function readTools(session: DatabaseSession, { ids, named }: Neighbourhood) {
  return session.query<Neighbour>(sql`
    SELECT "id" AS "id", "slug" AS "slug" FROM "tool"
    WHERE "slug" = ANY (${named.tool}::text[]) AND NOT ("id" = ANY (${ids.tool}::integer[]))`);
}

/** Of their lessons, those that matter. */
function readModules(session: DatabaseSession, { ids, topicsOfModules, placed }: Neighbourhood) {
  return session.query<Neighbour & Pick<ModuleSource, "topic" | "position" | "level" | "lessons">>(sql`
    SELECT m."id" AS "id", m."slug" AS "slug", t."slug" AS "topic", m."position" AS "position", m."level"::text AS "level",
      array(SELECT l."slug" FROM "lesson" l WHERE l."module_id" = m."id" AND l."slug" = ANY (${placed}::text[])) AS "lessons"
    FROM "module" m JOIN "topic" t ON t."id" = m."topic_id"
    WHERE (t."slug" = ANY (${topicsOfModules}::text[])
        OR m."id" IN (SELECT l."module_id" FROM "lesson" l WHERE l."slug" = ANY (${placed}::text[])))
      AND NOT (m."id" = ANY (${ids.module}::integer[]))`);
}

/** With everything that the prerequisites need in turn, so that a circle is seen. */
function readLessons(session: DatabaseSession, { ids, named, guided, prerequisites }: Neighbourhood) {
  return session.query<
    Neighbour & Pick<LessonSource, "level" | "topics"> & { guideTo: string | null; prerequisites: string[] }
  >(sql`
    WITH RECURSIVE "needed" AS (
      SELECT l."id" FROM "lesson" l WHERE l."slug" = ANY (${prerequisites}::text[])
      UNION
      SELECT p."prerequisite_id" FROM "lesson_prerequisite" p JOIN "needed" n ON n."id" = p."lesson_id"
      WHERE NOT (p."lesson_id" = ANY (${ids.lesson}::integer[]))
    )
    SELECT l."id" AS "id", l."slug" AS "slug", l."level"::text AS "level",
      array(SELECT t."slug" FROM "lesson_topic" lt JOIN "topic" t ON t."id" = lt."topic_id" WHERE lt."lesson_id" = l."id") AS "topics",
      (SELECT g."slug" FROM "tool" g WHERE g."id" = l."guides_tool_id") AS "guideTo",
      array(
        SELECT n."slug" FROM "lesson_prerequisite" p JOIN "lesson" n ON n."id" = p."prerequisite_id"
        WHERE p."lesson_id" = l."id" ORDER BY p."position"
      ) AS "prerequisites"
    FROM "lesson" l
    WHERE (l."slug" = ANY (${named.lesson}::text[]) OR l."id" IN (SELECT "id" FROM "needed")
        OR l."guides_tool_id" IN (SELECT g."id" FROM "tool" g WHERE g."slug" = ANY (${guided}::text[])))
      AND NOT (l."id" = ANY (${ids.lesson}::integer[]))`);
}

/** Sound, since it is live, and as much of it as the checks look at. */
function documentOfNeighbour(kind: ContentKind, { id, slug, ...raw }: Neighbour): ContentDocument {
  void id;
  return { kind, slug, file: fileOf(kind, slug), raw, lineOf: () => 1, references: [], problems: [] };
}

function unique(slugs: readonly string[]): string[] {
  return [...new Set(slugs)];
}
