// Makes documents live, and takes entities away, one or many at a time: checked against the rest of the catalogue, and written with the
// code that imports. The caller holds the content lock and has a transaction.
import type { DatabaseSession } from "../db/database";
import { sql, trustedSql } from "../db/sql";
import { readAddresses } from "./address.write";
import { checkCatalogue, namesIn } from "./catalogue.check";
import { catalogueOf } from "./catalogue.read";
import { writeDocuments } from "./catalogue.write";
import { contentKinds, type ContentKind } from "./content.files";
import type { ContentProblem } from "./content.problem";
import { documentOf, type Catalogue, type ContentOrigin } from "./document.read";
import { orderLessonsOfTopics, placeLessons } from "./lesson.places";
import { loadMarkdown } from "./markdown.pipeline";
import { readNeighbours, type DocumentWithId } from "./neighbours.read";
import { renameReferences } from "./source.references";
import type { Source } from "./source.model";
import { readStoredRows } from "./stored.rows";

export interface SourceWithId {
  id: number;
  source: Source;
}

/**
 * Writes what differs, of all of them or of none.
 * @returns what forbids it; empty when it is done. A problem's `file` says which entity it is about.
 */
export async function publishSources(
  session: DatabaseSession,
  changes: readonly SourceWithId[],
): Promise<ContentProblem[]> {
  const documents: DocumentWithId[] = [];
  for (const { id, source } of changes) documents.push({ id, document: await documentOf(source) });
  const changed = documents.map(({ document }) => document);
  const neighbours = await readNeighbours(session, documents);
  const problems = [
    ...changed.flatMap(document => document.problems),
    ...checkCatalogue([...neighbours.documents, ...changed], changed),
    ...(await checkAddresses(session, documents)),
  ];
  if (problems.length > 0) return problems;
  const ids = (kind: ContentKind) => documents.filter(({ document }) => document.kind === kind).map(({ id }) => id);
  const stored = await readStoredRows(session.models, {
    topics: ids("topic"),
    tools: ids("tool"),
    modules: ids("module"),
    lessons: ids("lesson"),
  });
  await writeDocuments(session, stored, withIds(documents), { known: neighbours.ids });
  return [];
}

/** The same sources, what they name by former addresses named by the present ones. */
export async function followAddresses<Change extends SourceWithId>(
  session: DatabaseSession,
  changes: readonly Change[],
): Promise<Change[]> {
  const present = new Map<string, string>();
  const names: { kind: ContentKind; slug: string }[] = [];
  for (const { source } of changes) {
    const document = await documentOf(source);
    names.push(...namesIn(document), ...document.references);
  }
  for (const kind of contentKinds) {
    const named = names.filter(name => name.kind === kind).map(({ slug }) => slug);
    const redirects = await readAddresses(session, kind, "FORMER", [...new Set(named)]);
    const slugs = await slugsOf(session, kind, [...redirects.values()]);
    for (const [former, id] of redirects) {
      const slug = slugs.get(id);
      if (slug !== undefined) present.set(`${kind} ${former}`, slug);
    }
  }
  if (present.size === 0) return [...changes];
  const markdown = await loadMarkdown();
  return changes.map(change => ({
    ...change,
    source: renameReferences(change.source, (kind, slug) => present.get(`${kind} ${slug}`) ?? slug, markdown),
  }));
}

/** A live entity that another one needs: what a reader would miss there. */
export interface Dependent {
  kind: ContentKind;
  slug: string;
}

/**
 * Takes a live entity away. What it is part of is not changed.
 * @returns what needs it still, at most 20; empty when it is gone.
 */
export async function withdrawEntity(session: DatabaseSession, kind: ContentKind, id: number): Promise<Dependent[]> {
  const dependents = await readDependents(session, kind, id);
  if (dependents.length > 0) return dependents;
  const { models } = session;
  if (kind === "module") await placeLessons(session, [{ moduleId: id, lessonIds: [] }]);
  const topicIds =
    kind === "lesson" ? (await models.lessonTopic.findMany({ where: { lessonId: id } })).map(row => row.topicId) : [];
  const topicOfModule = kind === "module" ? await models.module.findUnique({ where: { id } }) : null;
  await session.query(sql`DELETE FROM ${trustedSql(`"${kind}"`)} WHERE "id" = ${id}`);
  await orderLessonsOfTopics(session, [...topicIds, ...(topicOfModule ? [topicOfModule.topicId] : [])]);
  return [];
}

/** Who names the entity in the keys of its document, and has no other way to be whole. */
async function readDependents(session: DatabaseSession, kind: ContentKind, id: number): Promise<Dependent[]> {
  switch (kind) {
    case "tool":
      return session.query<Dependent>(sql`
        SELECT * FROM (
          SELECT 'topic' AS "kind", t."slug" AS "slug" FROM "topic_tool" l JOIN "topic" t ON t."id" = l."topic_id" WHERE l."tool_id" = ${id}
          UNION SELECT 'topic', t."slug" FROM "section_tool" l JOIN "topic_section" s ON s."id" = l."section_id"
            JOIN "topic" t ON t."id" = s."topic_id" WHERE l."tool_id" = ${id}
          UNION SELECT 'lesson', l."slug" FROM "lesson_tool" lt JOIN "lesson" l ON l."id" = lt."lesson_id" WHERE lt."tool_id" = ${id}
          UNION SELECT 'lesson', l."slug" FROM "lesson" l WHERE l."guides_tool_id" = ${id}
        ) d ORDER BY "kind", "slug" LIMIT 20`);
    case "topic":
      return session.query<Dependent>(sql`
        SELECT * FROM (
          SELECT 'module' AS "kind", m."slug" AS "slug" FROM "module" m WHERE m."topic_id" = ${id}
          UNION SELECT 'lesson', l."slug" FROM "lesson_topic" lt JOIN "lesson" l ON l."id" = lt."lesson_id" WHERE lt."topic_id" = ${id}
        ) d ORDER BY "kind", "slug" LIMIT 20`);
    case "lesson":
      return session.query<Dependent>(sql`
        SELECT * FROM (
          SELECT 'module' AS "kind", m."slug" AS "slug" FROM "lesson" l JOIN "module" m ON m."id" = l."module_id" WHERE l."id" = ${id}
          UNION SELECT 'lesson', l."slug" FROM "lesson_prerequisite" p JOIN "lesson" l ON l."id" = p."lesson_id" WHERE p."prerequisite_id" = ${id}
        ) d ORDER BY "kind", "slug" LIMIT 20`);
    case "module":
      return [];
  }
}

/** Who names the entity anywhere, links in texts included: what has to be written anew when its address changes. */
export async function readReferrers(
  session: DatabaseSession,
  kind: ContentKind,
  id: number,
  slug: string,
): Promise<Record<ContentKind, number[]>> {
  const link = `%${kind}:${slug}%`;
  const isTool = kind === "tool";
  const ids = async (statement: ReturnType<typeof sql>) =>
    (await session.query<{ id: number }>(statement)).map(row => row.id);
  return {
    topic: await ids(sql`
      SELECT s."topic_id" AS "id" FROM "topic_section" s WHERE s."body_markdown" LIKE ${link}
      UNION SELECT l."topic_id" FROM "topic_tool" l WHERE ${isTool} AND l."tool_id" = ${id}`),
    tool: await ids(sql`SELECT t."id" AS "id" FROM "tool" t WHERE t."description_markdown" LIKE ${link}`),
    module: await ids(sql`
      SELECT m."id" AS "id" FROM "module" m WHERE ${kind === "topic"} AND m."topic_id" = ${id}
      UNION SELECT l."module_id" FROM "lesson" l WHERE ${kind === "lesson"} AND l."id" = ${id} AND l."module_id" IS NOT NULL`),
    lesson: await ids(sql`
      SELECT l."id" AS "id" FROM "lesson" l
      WHERE l."body_markdown" LIKE ${link} OR (${isTool} AND l."guides_tool_id" = ${id})
      UNION SELECT lt."lesson_id" FROM "lesson_tool" lt WHERE ${isTool} AND lt."tool_id" = ${id}
      UNION SELECT lt."lesson_id" FROM "lesson_topic" lt WHERE ${kind === "topic"} AND lt."topic_id" = ${id}
      UNION SELECT p."lesson_id" FROM "lesson_prerequisite" p WHERE ${kind === "lesson"} AND p."prerequisite_id" = ${id}`),
  };
}

export async function slugsOf(
  session: DatabaseSession,
  kind: ContentKind,
  ids: readonly number[],
): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await session.query<{ id: number; slug: string }>(sql`
    SELECT "id" AS "id", "slug" AS "slug" FROM ${trustedSql(`"${kind}"`)} WHERE "id" = ANY (${[...ids]}::integer[])`);
  return new Map(rows.map(({ id, slug }) => [id, slug]));
}

/** An address is one entity's, and leads to one. */
async function checkAddresses(
  session: DatabaseSession,
  documents: readonly DocumentWithId[],
): Promise<ContentProblem[]> {
  const problems: ContentProblem[] = [];
  for (const kind of contentKinds) {
    const mine = documents.filter(({ document }) => document.kind === kind);
    const slugs = mine.map(({ document }) => document.slug);
    const live = await readAddresses(session, kind, "PRESENT", slugs);
    const redirects = await readAddresses(session, kind, "FORMER", slugs);
    for (const { id, document } of mine) {
      const holder = live.get(document.slug) ?? redirects.get(document.slug);
      if (holder === undefined || holder === id) continue;
      problems.push({
        file: document.file,
        line: 1,
        field: "slug",
        expected: `a slug that no other ${kind} has or had`,
      });
    }
  }
  return problems;
}

function withIds(documents: readonly DocumentWithId[]): Catalogue {
  const catalogue = catalogueOf(documents.map(({ document }) => document));
  const ids = new Map(documents.map(({ id, document }) => [document.file, id]));
  for (const kind of contentKinds) {
    for (const content of catalogue[`${kind}s`] as ContentOrigin[]) {
      const id = ids.get(content.file);
      if (id !== undefined) content.id = id;
    }
  }
  return catalogue;
}
