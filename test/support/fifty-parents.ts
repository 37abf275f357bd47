// A catalogue with at least fifty parents of every type. Parents have none, one or several children, and the order of each list is
// another than the order of ids, so that a list that is not ordered, or a child under the wrong parent, shows.
import type { Database } from "../../src/db/database";
import {
  createCallToAction,
  createFact,
  createLesson,
  createModule,
  createPlan,
  createSection,
  createTool,
  createTopic,
} from "./factories";

export type FiftyParents = Awaited<ReturnType<typeof createFiftyParents>>;

const parents = 50;
const plainLessons = 55;

export async function createFiftyParents(database: Database) {
  const topics = await each(parents, i => createTopic(database, { position: parents - i }));
  const tools = await each(parents, i => createTool(database, { category: i % 3 === 0 ? "SEARCH" : "ASSISTANT" }));
  const topic = (index: number): number => at(topics, index).id;
  const tool = (index: number): number => at(tools, index).id;

  const callsToAction = await each(parents / 2, i => createCallToAction(database, { topicId: topic(2 * i) }));
  const sections = await children(
    parents,
    i => 1 + (i % 3),
    (i, position) => createSection(database, { topicId: topic(i), position }),
  );
  const modules = await children(
    parents,
    i => (i + 1) % 3,
    (i, position) => createModule(database, { topicId: topic(i), position }),
  );
  const plans = await children(
    parents,
    i => i % 4,
    (i, position) =>
      createPlan(
        database,
        i % 5 === 0 ? { toolId: tool(i), position, amount: null, currency: null } : { toolId: tool(i), position },
      ),
  );
  const toolFacts = await children(
    parents,
    i => i % 4,
    (i, position) => createFact(database, { toolId: tool(i), position }),
  );
  const topicFacts = await children(
    parents,
    i => i % 3,
    (i, position) => createFact(database, { topicId: topic(i), position }),
  );
  const guides = await each(parents / 2, i =>
    createLesson(database, { access: "ACCOUNT", kind: "TOOL_GUIDE", guidesToolId: tool(2 * i) }),
  );
  const places = modules.flatMap((module, m) =>
    range(m % 3).map(place => ({ moduleId: module.id, position: (m % 3) - place })),
  );
  const plain = await each(plainLessons, i => createLesson(database, { access: "ACCOUNT", ...places[i] }));
  // Guides and others in turn, so that the first fifty hold both.
  const lessons = plain.flatMap((lesson, i) => (guides[i] ? [lesson, guides[i]] : [lesson]));
  const lesson = (index: number): number => at(lessons, index).id;

  const topicTools = links(
    parents,
    i => i % 4,
    (i, j, place) => ({
      topicId: topic(i),
      toolId: tool(i * 7 + j),
      rank: place,
      blurb: `Blurb ${i} ${j}`,
      featured: j === 0,
    }),
  );
  const sectionTools = links(
    sections.length,
    i => i % 4,
    (i, j, position) => ({
      sectionId: at(sections, i).id,
      toolId: tool(i * 3 + j),
      position,
    }),
  );
  const lessonTopics = links(
    lessons.length,
    i => i % 3,
    (i, j) => ({
      lessonId: lesson(i),
      topicId: topic(i * 5 + j),
      position: 200 - i,
    }),
  );
  const lessonTools = links(
    lessons.length,
    i => i % 4,
    (i, j, position) => ({
      lessonId: lesson(i),
      toolId: tool(i * 11 + j),
      position,
    }),
  );
  const prerequisites = links(
    lessons.length,
    i => i % 3,
    (i, j, position) => ({
      lessonId: lesson(i),
      prerequisiteId: lesson(i + 1 + j),
      position,
    }),
  );
  await database.models.topicTool.createMany({ data: topicTools });
  await database.models.sectionTool.createMany({ data: sectionTools });
  await database.models.lessonTopic.createMany({ data: lessonTopics });
  await database.models.lessonTool.createMany({ data: lessonTools });
  await database.models.lessonPrerequisite.createMany({ data: prerequisites });

  const facts = [...toolFacts, ...topicFacts];
  return {
    ...{ topics, tools, modules, lessons, sections, plans, facts, callsToAction },
    ...{ topicTools, sectionTools, lessonTopics, lessonTools, prerequisites },
  };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function at<T>(rows: readonly T[], index: number): T {
  const row = rows[index % rows.length];
  if (row === undefined) throw new Error("no rows");
  return row;
}

async function each<T>(count: number, make: (i: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (const i of range(count)) made.push(await make(i));
  return made;
}

/** Rows with a position under each parent, the last one made first. */
async function children<T>(
  count: number,
  howMany: (i: number) => number,
  make: (i: number, position: number) => Promise<T>,
): Promise<T[]> {
  const groups = await each(count, i => each(howMany(i), j => make(i, howMany(i) - j)));
  return groups.flat();
}

function links<T>(
  count: number,
  howMany: (i: number) => number,
  make: (i: number, j: number, place: number) => T,
): T[] {
  return range(count).flatMap(i => range(howMany(i)).map(j => make(i, j, howMany(i) - j)));
}
