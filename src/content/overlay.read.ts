// A catalogue in which one entity is as a source says, without writing it: tables that stand in the place of those of the database. Made with
// the rows that publishing would write, so that a preview shows what readers will see.
import type { DatabaseSession } from "../db/database";
import { columnName, joinSql, sql, trustedSql, viewDefinition, type Sql } from "../db/sql";
import { catalogueOf } from "./catalogue.read";
import type { KnownIds } from "./catalogue.write";
import type { ContentKind } from "./content.files";
import {
  documentOf,
  type Catalogue,
  type LessonContent,
  type ModuleContent,
  type ToolContent,
  type TopicContent,
} from "./document.read";
import { factRows } from "./fact.write";
import { lessonRow } from "./lesson.write";
import { moduleRow } from "./module.write";
import { readNeighbours } from "./neighbours.read";
import type { SourceWithId } from "./publish";
import type { SourceOf, Source } from "./source.model";
import { planRows, toolRow } from "./tool.write";
import { rankedToolRows, sectionRows, topicRow } from "./topic.write";

/** Rows that stand in the place of those whose `owner` is one of `owners`. */
interface TableRows {
  table: string;
  owner: string;
  owners: readonly number[];
  rows: readonly object[];
}

/** What names something that is not live is left out, as readers would not see it. @returns undefined for content that breaks a rule. */
export async function overlayOf(session: DatabaseSession, { id, source }: SourceWithId): Promise<Sql | undefined> {
  const draft = await documentOf(source);
  const { ids } = await readNeighbours(session, [{ id, document: draft }]);
  const document = await documentOf(withoutMissing(source, ids));
  const catalogue = catalogueOf([document]);
  const tables = await tablesOf(session, id, catalogue, ids);
  if (tables.length === 0) return undefined;
  return joinSql([...tables.map(commonTable), ...(await derivedTables(session))]);
}

function tablesOf(session: DatabaseSession, id: number, catalogue: Catalogue, ids: KnownIds): Promise<TableRows[]> {
  const { topics, tools, modules, lessons } = catalogue;
  if (topics[0]) return topicTables(session, id, topics[0], ids);
  if (tools[0]) return toolTables(session, id, tools[0]);
  if (modules[0]) return moduleTables(session, id, modules[0], ids);
  if (lessons[0]) return lessonTables(session, id, lessons[0], ids);
  return Promise.resolve([]);
}

async function topicTables({ models }: DatabaseSession, id: number, topic: TopicContent, ids: KnownIds) {
  const live = await models.topic.findUnique({ where: { id }, select: times });
  const sections = await models.topicSection.findMany({ where: { topicId: id }, select: { id: true, anchor: true } });
  const sectionIds = new Map(sections.map(section => [section.anchor, section.id]));
  // Sections that are not stored have ids that no stored one has.
  const rows = sectionRows(topic, id).map((row, index) => ({ ...row, id: sectionIds.get(row.anchor) ?? -1 - index }));
  const mentions = rows.flatMap((row, index) =>
    (topic.sections[index]?.tools ?? []).flatMap((tool, at) => {
      const toolId = ids.tool.get(tool);
      return toolId === undefined ? [] : [{ sectionId: row.id, toolId, position: at + 1 }];
    }),
  );
  const owners = [id];
  return [
    { table: "topic", owner: "id", owners, rows: [{ ...topicRow(topic), ...timesOf(live), id }] },
    {
      ...{ table: "call_to_action", owner: "topic_id", owners },
      rows: topic.callToAction ? [{ ...topic.callToAction, topicId: id }] : [],
    },
    { table: "topic_section", owner: "topic_id", owners, rows },
    { table: "section_tool", owner: "section_id", owners: sections.map(section => section.id), rows: mentions },
    { table: "topic_tool", owner: "topic_id", owners, rows: rankedToolRows(topic, id, ids.tool) },
    { table: "fact", owner: "topic_id", owners, rows: numbered(factRows(topic.facts, { toolId: null, topicId: id })) },
  ];
}

async function toolTables({ models }: DatabaseSession, id: number, tool: ToolContent) {
  const live = await models.tool.findUnique({ where: { id }, select: times });
  const owners = [id];
  return [
    { table: "tool", owner: "id", owners, rows: [{ ...toolRow(tool), ...timesOf(live), id }] },
    { table: "tool_plan", owner: "tool_id", owners, rows: numbered(planRows(tool, id)) },
    { table: "fact", owner: "tool_id", owners, rows: numbered(factRows(tool.facts, { toolId: id, topicId: null })) },
  ];
}

/** With the lessons that it lists and those that it does not list any more. */
async function moduleTables({ models }: DatabaseSession, id: number, module: ModuleContent, ids: KnownIds) {
  const live = await models.module.findUnique({ where: { id }, select: times });
  const topicId = ids.topic.get(module.topic);
  if (topicId === undefined) return [];
  const places = new Map(module.lessons.flatMap((slug, index) => [[ids.lesson.get(slug), index + 1] as const]));
  const listed = [...places.keys()].filter(lessonId => lessonId !== undefined);
  const lessons = await models.lesson.findMany({ where: { OR: [{ id: { in: listed } }, { moduleId: id }] } });
  const rows = lessons.map(lesson => {
    const position = places.get(lesson.id) ?? null;
    return { ...lesson, moduleId: position === null ? null : id, position };
  });
  return [
    { table: "module", owner: "id", owners: [id], rows: [{ ...moduleRow(module, topicId), ...timesOf(live), id }] },
    { table: "lesson", owner: "id", owners: lessons.map(lesson => lesson.id), rows },
  ];
}

async function lessonTables({ models }: DatabaseSession, id: number, lesson: LessonContent, ids: KnownIds) {
  const live = await models.lesson.findUnique({ where: { id }, select: { ...times, moduleId: true, position: true } });
  const links = await models.lessonTopic.findMany({ where: { lessonId: id } });
  const positions = new Map(links.map(({ topicId, position }) => [topicId, position]));
  const owners = [id];
  const each = (slugs: readonly string[] | undefined, known: ReadonlyMap<string, number>) =>
    (slugs ?? []).flatMap((slug, index) => {
      const target = known.get(slug);
      return target === undefined ? [] : [{ target, position: index + 1 }];
    });
  const place = { moduleId: live?.moduleId ?? null, position: live?.position ?? null };
  return [
    {
      table: "lesson",
      owner: "id",
      owners,
      rows: [{ ...lessonRow(lesson, ids.tool), ...place, ...timesOf(live), id }],
    },
    {
      ...{ table: "lesson_topic", owner: "lesson_id", owners },
      rows: each(lesson.topics, ids.topic).map(({ target }) => ({
        ...{ lessonId: id, topicId: target, position: positions.get(target) ?? 2_147_483_647 },
      })),
    },
    {
      ...{ table: "lesson_tool", owner: "lesson_id", owners },
      rows: each(lesson.tools, ids.tool).map(({ target, position }) => ({ lessonId: id, toolId: target, position })),
    },
    {
      ...{ table: "lesson_prerequisite", owner: "lesson_id", owners },
      rows: each(lesson.prerequisites, ids.lesson).map(({ target, position }) => ({
        ...{ lessonId: id, prerequisiteId: target, position },
      })),
    },
  ];
}

const times = { createdAt: true, updatedAt: true } as const;

function timesOf(live: { createdAt: Date; updatedAt: Date } | null): { createdAt: Date; updatedAt: Date } {
  return { createdAt: live?.createdAt ?? new Date(), updatedAt: new Date() };
}

/** Rows that no other row names have ids for their own sake. */
function numbered(rows: readonly object[]): object[] {
  return rows.map((row, index) => ({ ...row, id: -1 - index }));
}

function commonTable({ table, owner, owners, rows }: TableRows): Sql {
  const name = trustedSql(`"${table}"`);
  const json = JSON.stringify(
    rows.map(row =>
      Object.fromEntries(Object.entries(row).map(([field, value]) => [columnName(field), value as unknown])),
    ),
  );
  return sql`${name} AS (
    SELECT * FROM ${name} WHERE ${trustedSql(`"${owner}"`)} IS NULL OR NOT (${trustedSql(`"${owner}"`)} = ANY (${[...owners]}::integer[]))
    UNION ALL SELECT * FROM jsonb_populate_recordset(NULL::${name}, ${json}::jsonb))`;
}

/** Which views are derived from tables of the catalogue, and the name they are read by. */
const derived = {
  related_topic: "related_topic",
  tool_alternative: "tool_alternative",
  list_count: "list_count_source",
};

/** They have to be derived from what stands in the place of the tables. */
async function derivedTables(session: DatabaseSession): Promise<Sql[]> {
  const rows = await session.query<{ view: string; definition: string }>(sql`
    SELECT v AS "view", pg_get_viewdef(v::regclass) AS "definition" FROM unnest(${Object.values(derived)}::text[]) v`);
  const definitions = new Map(rows.map(({ view, definition }) => [view, definition]));
  return Object.entries(derived).map(
    ([name, view]) => sql`${trustedSql(`"${name}"`)} AS (${viewDefinition(definitions.get(view) ?? "")})`,
  );
}

/** Without what it names that is not live. */
function withoutMissing(source: Source, ids: KnownIds): Source {
  const known = (kind: ContentKind) => (slug: string) => ids[kind].has(slug);
  switch (source.kind) {
    case "topic":
      return {
        ...source,
        content: { ...source.content, tools: source.content.tools.filter(({ tool }) => known("tool")(tool)) },
      };
    case "tool":
      return source;
    case "module":
      return { ...source, content: { ...source.content, lessons: source.content.lessons.filter(known("lesson")) } };
    case "lesson":
      return { ...source, content: lessonWithoutMissing(source.content, known) };
  }
}

function lessonWithoutMissing(
  { guideTo, ...content }: SourceOf["lesson"],
  known: (kind: ContentKind) => (slug: string) => boolean,
): SourceOf["lesson"] {
  const isGuide = guideTo !== undefined && known("tool")(guideTo);
  return {
    ...content,
    ...(isGuide ? { guideTo } : { kind: "LESSON" as const }),
    tools: (content.tools ?? []).filter(known("tool")),
    prerequisites: (content.prerequisites ?? []).filter(known("lesson")),
  };
}
