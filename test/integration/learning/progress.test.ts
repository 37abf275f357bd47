// Progress and bookmarks as they are shown beside what they are of: in catalogues and with learners that are made up, and in how many statements.
import fc from "fast-check";
import { encodeNodeId } from "../../../src/graphql/node-id";
import { expectStatements } from "../../support/api";
import { createLesson, createModule, createTool, createTopic } from "../../support/factories";
import {
  api,
  idOf,
  june,
  learners,
  someone,
  text,
  useLearners,
  type BookmarkKind,
  type Progress,
  type Who,
} from "./learners";

useLearners();

const groupFields = "progress { lessonCount startedCount completedCount isCompleted }";
const lessonFields = "progress { state startedAt completedAt }";

/** A small catalogue and three learners, as a test makes them up: lists are of indexes. */
interface World {
  /** The topic of each module. */
  modules: number[];
  lessons: { module: number | null; topics: number[] }[];
  /** Of each learner, of each lesson. */
  progress: (Progress["state"] | null)[][];
  /** Of each learner, of each kind. */
  bookmarks: Record<BookmarkKind, boolean[]>[];
}

const [topicCount, toolCount, learnerCount] = [3, 2, 3];
const someFlags = (length: number) => fc.array(fc.boolean(), { minLength: length, maxLength: length });

const worlds: fc.Arbitrary<World> = fc
  .record({ modules: fc.array(fc.nat(topicCount - 1), { maxLength: 4 }), lessonCount: fc.integer({ min: 0, max: 12 }) })
  .chain(({ modules, lessonCount }) => {
    const each = <T>(length: number, value: fc.Arbitrary<T>) =>
      fc.array(value, { minLength: length, maxLength: length });
    return fc.record({
      modules: fc.constant(modules),
      lessons: each(
        lessonCount,
        fc.record({
          module: modules.length === 0 ? fc.constant(null) : fc.option(fc.nat(modules.length - 1)),
          topics: fc.subarray([...Array(topicCount).keys()]),
        }),
      ),
      progress: each(learnerCount, each(lessonCount, fc.constantFrom(null, "STARTED", "COMPLETED", "COMPLETED"))),
      bookmarks: each(
        learnerCount,
        fc.record({ Lesson: someFlags(lessonCount), Topic: someFlags(topicCount), Tool: someFlags(toolCount) }),
      ),
    });
  });

/** Makes it, runs `work` with the ids, and takes it away again. */
async function inWorld(world: World, work: (ids: Record<string, number[]>, people: Who[]) => Promise<void>) {
  const { database } = api;
  const make = async <T>(count: number, one: (index: number) => Promise<T>): Promise<T[]> => {
    const made: T[] = [];
    for (let index = 0; index < count; index++) made.push(await one(index));
    return made;
  };
  const idsOf = (rows: { id: number }[]) => rows.map(({ id }) => id);
  const people = await make(learnerCount, index => someone(index === 1 ? "a guest" : "a viewer"));
  const topics = idsOf(await make(topicCount, () => createTopic(database)));
  const tools = idsOf(await make(toolCount, () => createTool(database)));
  const modules = idsOf(
    await make(world.modules.length, n =>
      createModule(database, { topicId: topics[world.modules[n]!]!, position: n + 1 }),
    ),
  );
  const lessons = idsOf(
    await make(world.lessons.length, n => {
      const { module } = world.lessons[n]!;
      return createLesson(database, module === null ? {} : { moduleId: modules[module]!, position: n + 1 });
    }),
  );
  await database.models.lessonTopic.createMany({
    data: world.lessons.flatMap(({ topics: of }, n) =>
      of.map(topic => ({ lessonId: lessons[n]!, topicId: topics[topic]!, position: n + 1 })),
    ),
  });
  await database.models.lessonProgress.createMany({
    data: world.progress.flatMap((states, who) =>
      states.flatMap((state, n) => {
        const completedAt = state === "COMPLETED" ? june(2) : null;
        return state === null
          ? []
          : [{ learnerId: idOf(people[who]!), lessonId: lessons[n]!, state, startedAt: june(1), completedAt }];
      }),
    ),
  });
  await database.models.bookmark.createMany({
    data: world.bookmarks.flatMap((flags, who) =>
      [
        ...lessons.filter((_, n) => flags.Lesson[n]).map(lessonId => ({ lessonId })),
        ...topics.filter((_, n) => flags.Topic[n]).map(topicId => ({ topicId })),
        ...tools.filter((_, n) => flags.Tool[n]).map(toolId => ({ toolId })),
      ].map(target => ({ learnerId: idOf(people[who]!), ...target })),
    ),
  });
  await work({ Topic: topics, Tool: tools, Module: modules, Lesson: lessons }, people);
  await database.models.lesson.deleteMany({ where: { id: { in: lessons } } });
  await database.models.module.deleteMany({ where: { id: { in: modules } } });
  await database.models.topic.deleteMany({ where: { id: { in: topics } } });
  await database.models.tool.deleteMany({ where: { id: { in: tools } } });
}

describe("progress and isBookmarked", () => {
  it("are what counting one by one gives, for everybody by themselves and for nobody", async () => {
    const document = `query ($ids: [ID!]!) { nodes(ids: $ids) {
      ... on Topic { ${groupFields} isBookmarked }
      ... on Tool { isBookmarked }
      ... on Module { ${groupFields} }
      ... on Lesson { ${lessonFields.replace("progress", "own: progress")} isBookmarked }
    } }`;
    await fc.assert(
      fc.asyncProperty(worlds, async world => {
        await inWorld(world, async (ids, people) => {
          const all = Object.entries(ids).flatMap(([type, keys]) => keys.map(key => encodeNodeId(type, key)));
          for (const who of [0, 1, 2, null]) {
            const states = who === null ? undefined : world.progress[who];
            const flags = who === null ? undefined : world.bookmarks[who];
            const group = (isIn: (lesson: World["lessons"][number]) => boolean) => {
              if (!states) return null;
              const counts = { lessonCount: 0, startedCount: 0, completedCount: 0 };
              world.lessons.forEach((lesson, n) => {
                if (!isIn(lesson)) return;
                counts.lessonCount++;
                if (states[n] === "STARTED") counts.startedCount++;
                if (states[n] === "COMPLETED") counts.completedCount++;
              });
              return { ...counts, isCompleted: counts.lessonCount > 0 && counts.completedCount === counts.lessonCount };
            };
            const own = (state: Progress["state"] | null | undefined): Progress | null =>
              state ? { state, startedAt: text(1), completedAt: state === "COMPLETED" ? text(2) : null } : null;
            const expected = [
              ...ids["Topic"]!.map((_, n) => ({
                progress: group(({ topics }) => topics.includes(n)),
                isBookmarked: flags?.Topic[n] ?? false,
              })),
              ...ids["Tool"]!.map((_, n) => ({ isBookmarked: flags?.Tool[n] ?? false })),
              ...ids["Module"]!.map((_, n) => ({ progress: group(({ module }) => module === n) })),
              ...ids["Lesson"]!.map((_, n) => ({
                own: own(states?.[n]),
                isBookmarked: flags?.Lesson[n] ?? false,
              })),
            ];
            const options = who === null ? {} : people[who]!;
            expect(await api.data(document, { ids: all }, options)).toEqual({ nodes: expected });
          }
        });
      }),
      { numRuns: 12 },
    );
  });

  it.each([
    ["Lesson.progress", `lessons(first: 30) { nodes { ${lessonFields} } }`, 1],
    ["Lesson.isBookmarked", "lessons(first: 30) { nodes { isBookmarked } }", 1],
    ["Topic.progress", `topics(first: 30) { nodes { ${groupFields} } }`, 1],
    ["Topic.isBookmarked", "topics(first: 30) { nodes { isBookmarked } }", 1],
    ["Tool.isBookmarked", "tools(first: 30) { nodes { isBookmarked } }", 1],
    ["Module.progress", `topics(first: 30) { nodes { modules(first: 1) { nodes { ${groupFields} } } } }`, 2],
  ])("take one statement for %s, however many parents there are, and none for nobody", async (_, fields, others) => {
    for (let n = 0; n < 3; n++) {
      await createLesson(api.database);
      await createTool(api.database);
      await createModule(api.database, { topicId: (await createTopic(api.database)).id, position: 1 });
    }
    for (const kind of learners) {
      const who = await someone(kind);
      await expectStatements(api, others + 1, () => api.data(`{ ${fields} }`, undefined, who));
    }
    await expectStatements(api, others, () => api.data(`{ ${fields} }`));
  });
});
