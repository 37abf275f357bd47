// A random catalogue in a database, and all of its rows in memory as the reference resolvers read them.
import type { Database } from "../../../src/db/database";
import { sql, trustedSql } from "../../../src/db/sql";
import {
  FactComparison,
  FactKind,
  LessonAccess,
  LessonKind,
  Level,
  PlanUnit,
  PricingModel,
  Protocol,
  SectionKind,
  TopicCategory,
} from "../../../src/generated/prisma/enums";

/** The one who asks when somebody is signed in. */
export const learner = "00000000-0000-4000-8000-000000000000";

/** A row by field name: days and instants as the API prints them, decimals as text. */
export type Row = Readonly<Record<string, unknown>> & { readonly id: number };

export type Rows = Readonly<Record<string, readonly Row[]>>;

type Random = () => number;

/** A small generator with a seed (mulberry32), so that a failure can be repeated. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const words = [
  "Agents",
  "agents",
  "Backend",
  "API",
  "données",
  "Élan",
  "MCP_x",
  "50%",
  "語彙集合",
  "review",
  "Zeta",
  "a\\b",
];

/** Few values of everything, so that rows tie and conditions meet. */
export async function createRandomCatalogue(database: Database, random: Random): Promise<void> {
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const any = <T extends object>(values: T): T[keyof T] => pick(Object.values(values) as T[keyof T][]);
  const some = <T>(values: readonly T[], most: number): T[] => {
    const pool = [...values];
    return Array.from({ length: below(most + 1) }, () => pool.splice(below(pool.length), 1)[0] as T).filter(
      value => value !== undefined,
    );
  };
  const title = () => `${pick(words)} ${pick(words)}`;
  const day = () => new Date(Date.UTC(2026, 5, 20 + below(6)));
  const instant = () => new Date(Date.UTC(2026, 5, 20 + below(3), 9, 0, 0, below(3)));
  const ids = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  const body = { bodyMarkdown: "*text*", bodyHtml: "<p><em>text</em></p>", bodyText: "text" };
  const [topicIds, toolIds, lessonIds] = [ids(14), ids(14), ids(36)];
  const { models } = database;

  await models.topic.createMany({
    data: topicIds.map(id => ({
      ...{ id, slug: `topic-${id}`, title: title(), emoji: "📘", summary: "Summary", category: any(TopicCategory) },
      ...{ position: 1 + below(9), updatedOn: day(), seoTitle: "Seo", seoDescription: "Description" },
      ...{ createdAt: instant(), updatedAt: instant() },
    })),
  });
  await models.callToAction.createMany({
    data: some(topicIds, 10).map(topicId => ({
      topicId,
      ...{ headline: `Headline ${topicId}`, body: "Body", buttonLabel: "Go", href: "/", finePrint: "" },
    })),
  });
  await models.tool.createMany({
    data: toolIds.map(id => ({
      ...{
        id,
        slug: `tool-${id}`,
        name: title(),
        vendor: pick(words),
        category: pick(["SEARCH", "ASSISTANT"] as const),
      },
      ...{ tagline: "Tagline", descriptionMarkdown: "*d*", descriptionHtml: "<em>d</em>", descriptionText: `d ${id}` },
      ...{
        website: "https://example.org",
        pricingModel: any(PricingModel),
        protocols: some(Object.values(Protocol), 3),
      },
      ...{ models: some(["gpt", "claude"], 2), createdAt: instant(), updatedAt: instant() },
    })),
  });
  const sections = topicIds.flatMap(topicId => ids(below(4)).map(position => ({ topicId, position })));
  await models.topicSection.createMany({
    data: sections.map((section, index) => ({
      ...{ id: index + 1, ...section, ...body, kind: any(SectionKind), emoji: "📘" },
      ...{ heading: `Heading ${index}`, anchor: `anchor-${index}` },
    })),
  });
  await models.sectionTool.createMany({
    data: sections.flatMap((_, index) =>
      some(toolIds, 4).map(toolId => ({ sectionId: index + 1, toolId, position: 1 + below(3) })),
    ),
  });
  await models.topicTool.createMany({
    data: topicIds.flatMap(topicId =>
      some(toolIds, 6).map((toolId, index) => ({
        ...{ topicId, toolId, rank: index + 1, blurb: `Blurb ${topicId} ${toolId}`, featured: random() < 0.5 },
      })),
    ),
  });
  await models.toolPlan.createMany({
    data: toolIds.flatMap(toolId =>
      some(Object.values(PlanUnit), 3).map((unit, index) => ({
        ...{ toolId, position: index + 1, name: "Plan", unit, asOf: day(), sourceName: "Page" },
        ...(random() < 0.3 ? {} : { amount: pick(["0", "9.5", "20", "0.15"]), currency: pick(["USD", "EUR"]) }),
      })),
    ),
  });
  const fact = (owner: object, index: number) => ({
    ...{ ...owner, position: index + 1, key: pick(["users", "context"]) + String(index), kind: any(FactKind) },
    ...{ statement: "Statement.", comparison: any(FactComparison), asOf: new Date("2026-06-01"), sourceName: "Page" },
    ...(random() < 0.3 ? {} : { staleAfter: day() }),
    ...(random() < 0.5 ? {} : { value: pick(["1", "2.5"]), unit: "USD" }),
  });
  await models.fact.createMany({
    data: [
      ...toolIds.flatMap(toolId => ids(below(4)).map((_, index) => fact({ toolId }, index))),
      ...topicIds.flatMap(topicId => ids(below(3)).map((_, index) => fact({ topicId }, index))),
    ],
  });
  const modules = topicIds.flatMap(topicId => ids(below(3)).map(position => ({ topicId, position })));
  await models.module.createMany({
    data: modules.map((module, index) => ({
      ...{ id: index + 1, ...module, slug: `module-${index + 1}`, title: title(), summary: "Summary" },
      ...{ level: any(Level), createdAt: instant(), updatedAt: instant() },
    })),
  });
  const places = modules.flatMap((_, index) => ids(below(5)).map(position => ({ moduleId: index + 1, position })));
  const guided = some(toolIds, 8);
  await models.lesson.createMany({
    data: lessonIds.map((id, index) => {
      const guidesToolId = guided[index];
      return {
        ...{ id, slug: `lesson-${id}`, title: title(), summary: "Summary", ...body, ...places[lessonIds.length - id] },
        ...(guidesToolId === undefined ? { kind: LessonKind.LESSON } : { kind: LessonKind.TOOL_GUIDE, guidesToolId }),
        ...{ level: any(Level), durationMinutes: pick([5, 10, 20]), access: any(LessonAccess), updatedOn: day() },
        ...{ createdAt: instant(), updatedAt: instant() },
      };
    }),
  });
  const position = () => 1 + below(4);
  await models.lessonTopic.createMany({
    data: lessonIds.flatMap(lessonId =>
      some(topicIds, 3).map(topicId => ({ lessonId, topicId, position: position() })),
    ),
  });
  await models.lessonTool.createMany({
    data: lessonIds.flatMap(lessonId => some(toolIds, 3).map(toolId => ({ lessonId, toolId, position: position() }))),
  });
  await models.lessonPrerequisite.createMany({
    data: lessonIds.flatMap(lessonId =>
      some(lessonIds, 2)
        .filter(prerequisiteId => prerequisiteId !== lessonId)
        .map(prerequisiteId => ({ lessonId, prerequisiteId, position: position() })),
    ),
  });
  // Two of them, so that one's progress can be mistaken for the other's.
  for (const learnerId of [learner, "00000000-0000-4000-8000-000000000001"]) {
    await models.learner.create({ data: { id: learnerId } });
    await models.lessonProgress.createMany({
      data: some(lessonIds, 24).map(lessonId => ({
        ...{ learnerId, lessonId, startedAt: instant(), updatedAt: instant() },
        ...(random() < 0.5 ? { state: "STARTED" as const } : { state: "COMPLETED" as const, completedAt: instant() }),
      })),
    });
    await models.bookmark.createMany({
      data: [
        ...some(lessonIds, 12).map(lessonId => ({ learnerId, lessonId })),
        ...some(topicIds, 6).map(topicId => ({ learnerId, topicId })),
        ...some(toolIds, 6).map(toolId => ({ learnerId, toolId })),
      ],
    });
  }
}

/** Removes some row that nothing holds, of the table behind a root list; none when all are held. */
export async function removeOne(database: Database, list: string, random: Random): Promise<void> {
  const table = sql`${trustedSql(`"${list.replace(/s$/, "")}"`)}`;
  const rows = await database.query<{ id: number }>(sql`SELECT "id" FROM ${table} ORDER BY "id"`);
  for (const { id } of [...rows].sort(() => random() - 0.5).slice(0, 5)) {
    try {
      await database.query(sql`DELETE FROM ${table} WHERE "id" = ${id}::integer`);
      return;
    } catch {
      // Held by a foreign key: another one.
    }
  }
}

/** Adds a row that resembles one that is there, to the table behind a root list. */
export async function addOne(database: Database, list: string, random: Random): Promise<void> {
  const { models } = database;
  const number = 10_000 + Math.floor(random() * 1_000_000);
  const fresh = { id: number, slug: `added-${number}` };
  const page = { orderBy: { id: "asc" as const }, skip: Math.floor(random() * 10), take: 1 };
  if (list === "topics") {
    for (const row of await models.topic.findMany(page)) await models.topic.create({ data: { ...row, ...fresh } });
  } else if (list === "tools") {
    for (const row of await models.tool.findMany(page)) await models.tool.create({ data: { ...row, ...fresh } });
  } else if (list === "facts") {
    for (const row of await models.fact.findMany(page)) {
      await models.fact.create({ data: { ...row, id: number, key: fresh.slug, position: number } });
    }
  } else {
    const alone = { moduleId: null, position: null, guidesToolId: null, kind: LessonKind.LESSON };
    for (const row of await models.lesson.findMany(page)) {
      await models.lesson.create({ data: { ...row, ...fresh, ...alone } });
    }
  }
}

/** Every row of the catalogue, by table. */
export async function readCatalogue({ models }: Database): Promise<Rows> {
  const tables: Record<string, object[]> = {
    topics: await models.topic.findMany(),
    callsToAction: await models.callToAction.findMany(),
    sections: await models.topicSection.findMany(),
    sectionTools: await models.sectionTool.findMany(),
    tools: await models.tool.findMany(),
    topicTools: await models.topicTool.findMany(),
    plans: await models.toolPlan.findMany(),
    facts: await models.fact.findMany(),
    modules: await models.module.findMany(),
    lessons: await models.lesson.findMany(),
    lessonTopics: await models.lessonTopic.findMany(),
    lessonTools: await models.lessonTool.findMany(),
    prerequisites: await models.lessonPrerequisite.findMany(),
    progress: await models.lessonProgress.findMany(),
    bookmarks: await models.bookmark.findMany(),
  };
  const types: Record<string, string> = {
    ...{ topics: "Topic", sections: "TopicSection", tools: "Tool", plans: "ToolPlan", facts: "Fact" },
    ...{ modules: "Module", lessons: "Lesson" },
  };
  return Object.fromEntries(
    Object.entries(tables).map(([table, rows]) => [table, rows.map(row => asPrinted(row, types[table]))]),
  );
}

function asPrinted(row: object, type: string | undefined): Row {
  const values = Object.entries(row).map(([field, value]: [string, unknown]) => {
    if (value instanceof Date) return [field, value.toISOString().slice(0, field.endsWith("At") ? undefined : 10)];
    // Prisma's decimals are the only other objects.
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return [field, (value as { toString(): string }).toString()];
    return [field, value];
  });
  return { ...(Object.fromEntries(values) as Row), __typename: type };
}
