// Learning: what a learner does, alone and at the same time; what they then see, and nobody else; and what goes with whom it belongs to.
// Progress of guests that an account takes over is in guest-merge.test.ts.
import fc from "fast-check";
import { sql } from "../../src/db/sql";
import { encodeNodeId } from "../../src/graphql/node-id";
import { createTestApi, expectCode, expectStatements, type ExecuteOptions, type TestApi } from "../support/api";
import { createLesson, createModule, createTool, createTopic } from "../support/factories";
import { declared, given } from "../support/pages";
import { createGuest, createViewer } from "../support/signed-in";

type Who = Pick<ExecuteOptions, "as" | "guestId">;
type LessonMutation = "startLesson" | "completeLesson" | "resetLesson";
type BookmarkKind = "Lesson" | "Topic" | "Tool";

interface Progress {
  state: "STARTED" | "COMPLETED";
  startedAt: string;
  completedAt: string | null;
}

interface Refusal {
  code: string;
  path: string[] | null;
}

const lessonMutations = ["startLesson", "completeLesson", "resetLesson"] as const;
const learners = ["a viewer", "a guest"] as const;
const nowhere = 2_000_000_000;

let api: TestApi;

beforeAll(async () => {
  api = await createTestApi({ golden: "empty" });
});

afterAll(() => api.close());

/** Somebody new. */
async function someone(kind: (typeof learners)[number]): Promise<Who> {
  return kind === "a viewer" ? { as: await createViewer(api.database) } : { guestId: await createGuest(api.database) };
}

const idOf = ({ as, guestId }: Who): string => as?.userId ?? guestId ?? "";
const june = (day: number, hour = 12): Date => new Date(Date.UTC(2026, 5, day, hour));
const text = (day: number): string => june(day).toISOString();

async function execute<Data>(document: string, variables: Record<string, unknown>, options: ExecuteOptions) {
  for (let attempt = 1; ; attempt++) {
    const result = await api.execute<Data, Record<string, unknown>>(document, variables, options);
    // On a slow machine some of two hundred at once wait too long for a connection, and are told to come again.
    const isBusy = result.errors.some(({ extensions }) => extensions?.["code"] === "SERVICE_UNAVAILABLE");
    if (!isBusy || attempt === 5) return result;
  }
}

const learnDocument = (name: LessonMutation) => `mutation ($id: ID!) {
  payload: ${name}(input: { lessonId: $id }) {
    lesson { id progress { state startedAt completedAt } }
    userErrors { code path }
  }
}`;

/** The progress that the answer shows. */
async function learn(name: LessonMutation, lessonId: number, options: ExecuteOptions): Promise<Progress | null> {
  const id = encodeNodeId("Lesson", lessonId);
  const { data, errors } = await execute<{
    payload: { lesson: { id: string; progress: Progress | null } | null; userErrors: Refusal[] };
  }>(learnDocument(name), { id }, options);
  expect([errors, data.payload.userErrors, data.payload.lesson?.id]).toEqual([[], [], id]);
  return data.payload.lesson!.progress;
}

const bookmarkDocument = `mutation ($id: ID!, $is: Boolean!) {
  payload: setBookmark(input: { targetId: $id, isBookmarked: $is }) {
    target { __typename ... on Lesson { isBookmarked } ... on Topic { isBookmarked } ... on Tool { isBookmarked } }
    userErrors { code path }
  }
}`;

interface BookmarkPayload {
  target: { __typename: string; isBookmarked: boolean } | null;
  userErrors: Refusal[];
}

async function setBookmark(kind: BookmarkKind, id: number, is: boolean, options: ExecuteOptions) {
  const variables = { id: encodeNodeId(kind, id), is };
  const { data, errors } = await execute<{ payload: BookmarkPayload }>(bookmarkDocument, variables, options);
  expect(errors).toEqual([]);
  return data.payload;
}

const documents: Readonly<Record<string, string>> = {
  ...Object.fromEntries(lessonMutations.map(name => [name, learnDocument(name)])),
  setBookmark: bookmarkDocument.replace("$is: Boolean!", "$is: Boolean! = true"),
};

/** What is stored, of everybody. */
async function stored() {
  const { models } = api.database;
  return {
    progress: await models.lessonProgress.findMany({ orderBy: [{ learnerId: "asc" }, { lessonId: "asc" }] }),
    bookmarks: await models.bookmark.findMany({ orderBy: { id: "asc" } }),
  };
}

/** Puts a row in directly. */
function haveProgress(who: Who, lessonId: number, startedAt: Date, completedAt: Date | null = null) {
  const state: Progress["state"] = completedAt ? "COMPLETED" : "STARTED";
  const data = { learnerId: idOf(who), lessonId, state, startedAt, completedAt, updatedAt: completedAt ?? startedAt };
  return api.database.models.lessonProgress.create({ data });
}

describe("Mutation.startLesson", () => {
  it.each(learners)("begins a lesson for %s, and again changes nothing", async kind => {
    const who = await someone(kind);
    const { id } = await createLesson(api.database);
    const begun = { state: "STARTED", startedAt: text(1), completedAt: null };
    expect(await learn("startLesson", id, { ...who, startedAt: june(1) })).toEqual(begun);
    const before = await stored();
    expect(await learn("startLesson", id, { ...who, startedAt: june(2) })).toEqual(begun);
    expect(await stored()).toEqual(before);
  });

  it("leaves a completed lesson completed", async () => {
    const who = await someone("a viewer");
    const { id } = await createLesson(api.database);
    const completed = await learn("completeLesson", id, { ...who, startedAt: june(1) });
    expect(await learn("startLesson", id, { ...who, startedAt: june(2) })).toEqual(completed);
  });
});

describe("Mutation.completeLesson", () => {
  it.each(learners)("completes a lesson that %s has begun, and again keeps the first time", async kind => {
    const who = await someone(kind);
    const { id } = await createLesson(api.database);
    await learn("startLesson", id, { ...who, startedAt: june(1) });
    const completed = { state: "COMPLETED", startedAt: text(1), completedAt: text(2) };
    expect(await learn("completeLesson", id, { ...who, startedAt: june(2) })).toEqual(completed);
    const before = await stored();
    expect(await learn("completeLesson", id, { ...who, startedAt: june(3) })).toEqual(completed);
    expect(await stored()).toEqual(before);
  });

  it("completes a lesson that was not begun", async () => {
    const { id } = await createLesson(api.database);
    const done = { state: "COMPLETED", startedAt: text(4), completedAt: text(4) };
    expect(await learn("completeLesson", id, { ...(await someone("a guest")), startedAt: june(4) })).toEqual(done);
  });

  it("never completes a lesson before it was begun, whichever request came in first", async () => {
    const who = await someone("a viewer");
    const { id } = await createLesson(api.database);
    await learn("startLesson", id, { ...who, startedAt: june(2) });
    const done = { state: "COMPLETED", startedAt: text(2), completedAt: text(2) };
    expect(await learn("completeLesson", id, { ...who, startedAt: june(1) })).toEqual(done);
  });

  it("opens a lesson that needs an account to every account", async () => {
    const { id } = await createLesson(api.database, { access: "ACCOUNT" });
    expect(await learn("completeLesson", id, await someone("a viewer"))).toMatchObject({ state: "COMPLETED" });
  });
});

describe("Mutation.resetLesson", () => {
  it.each(learners)("forgets the progress of %s alone, and again changes nothing", async kind => {
    const [who, other] = [await someone(kind), await someone(kind)];
    const { id } = await createLesson(api.database);
    for (const learner of [who, other]) await learn("completeLesson", id, { ...learner, startedAt: june(1) });
    for (let round = 0; round < 2; round++) {
      expect(await learn("resetLesson", id, who)).toBeNull();
      expect((await stored()).progress.filter(({ lessonId }) => lessonId === id)).toMatchObject([
        { learnerId: idOf(other), state: "COMPLETED" },
      ]);
    }
    const anew = { state: "STARTED", startedAt: text(5), completedAt: null };
    expect(await learn("startLesson", id, { ...who, startedAt: june(5) })).toEqual(anew);
  });
});

describe("Mutation.setBookmark", () => {
  it.each(learners)("sets and removes a bookmark of each kind for %s alone, and again changes nothing", async kind => {
    const [who, other] = [await someone(kind), await someone(kind)];
    const targets = {
      Lesson: (await createLesson(api.database)).id,
      Topic: (await createTopic(api.database)).id,
      Tool: (await createTool(api.database)).id,
    };
    for (const [type, id] of Object.entries(targets) as [BookmarkKind, number][]) {
      await setBookmark(type, id, true, { ...other, startedAt: june(1) });
      const others = await stored();
      const set = { target: { __typename: type, isBookmarked: true }, userErrors: [] };
      expect(await setBookmark(type, id, true, { ...who, startedAt: june(1) })).toEqual(set);
      const before = await stored();
      expect(before.bookmarks.at(-1)).toMatchObject({ learnerId: idOf(who), createdAt: june(1) });
      expect(await setBookmark(type, id, true, { ...who, startedAt: june(2) })).toEqual(set);
      expect(await stored()).toEqual(before);
      for (let round = 0; round < 2; round++) {
        const gone = { target: { __typename: type, isBookmarked: false }, userErrors: [] };
        expect(await setBookmark(type, id, false, who)).toEqual(gone);
        expect(await stored()).toEqual(others);
      }
    }
  });

  it("takes at most 1,000 bookmarks, also at the same time, and still takes one that is there", async () => {
    const who = await someone("a viewer");
    const { title, summary, updatedOn, bodyText: body } = await createLesson(api.database);
    const slugs = Array.from({ length: 999 }, (_, n) => `bookmarked-${n}`);
    await api.database.models.lesson.createMany({
      data: slugs.map(slug => ({
        ...{ slug, title, summary, updatedOn, bodyMarkdown: body, bodyHtml: body, bodyText: body, durationMinutes: 1 },
        ...{ kind: "LESSON", level: "BEGINNER", access: "PUBLIC" },
      })),
    });
    const many = await api.database.models.lesson.findMany({ where: { slug: { in: slugs } }, select: { id: true } });
    await api.database.models.bookmark.createMany({
      data: many.map(({ id }) => ({ learnerId: idOf(who), lessonId: id })),
    });
    // At once, so that there are connections to set them at once too.
    const tools = await Promise.all(Array.from({ length: 4 }, () => createTool(api.database)));
    const answers = await Promise.all(tools.map(({ id }) => setBookmark("Tool", id, true, who)));
    const tooMany = { target: null, userErrors: [{ code: "TOO_MANY", path: null }] };
    expect(answers.filter(({ target }) => target === null)).toEqual([tooMany, tooMany, tooMany]);
    expect(await api.database.models.bookmark.count({ where: { learnerId: idOf(who) } })).toBe(1_000);
    expect((await setBookmark("Lesson", many[0]!.id, true, who)).userErrors).toEqual([]);
    // Of a learner who has more since a guest was merged.
    const { id: topicId } = await createTopic(api.database);
    await api.database.models.bookmark.create({ data: { learnerId: idOf(who), topicId } });
    expect((await setBookmark("Lesson", many[0]!.id, true, who)).userErrors).toEqual([]);
    expect((await setBookmark("Lesson", many[0]!.id, false, who)).userErrors).toEqual([]);
    expect((await setBookmark("Lesson", many[0]!.id, true, who)).userErrors).toEqual(tooMany.userErrors);
    await api.database.models.lesson.deleteMany({ where: { slug: { in: slugs } } });
  });
});

describe.each(Object.entries(documents))("Mutation.%s", (name, document) => {
  const argument = name === "setBookmark" ? "targetId" : "lessonId";

  it("is for learners only", async () => {
    const { id } = await createLesson(api.database);
    const before = await stored();
    const result = await execute(document, { id: encodeNodeId("Lesson", id) }, {});
    expectCode(result, "UNAUTHENTICATED");
    expect(result.data).toBeNull();
    expect(await stored()).toEqual(before);
  });

  it("says which input names nothing that is there (B11, B14)", async () => {
    const { id } = await createModule(api.database, { topicId: (await createTopic(api.database)).id, position: 1 });
    const before = await stored();
    const ids = [encodeNodeId("Lesson", nowhere), encodeNodeId("Module", id), encodeNodeId("Lesson", "9999999999")];
    for (const wrong of ids) {
      const { data, errors } = await execute<{ payload: object }>(document, { id: wrong }, await someone("a guest"));
      expect(errors).toEqual([]);
      expect(data.payload).toMatchObject({ userErrors: [{ code: "NOT_FOUND", path: ["input", argument] }] });
      expect(Object.values(data.payload)).toContain(null);
    }
    expect(await stored()).toEqual(before);
  });

  it("refuses text that is no id", async () => {
    const error = expectCode(await execute(document, { id: "lesson-1" }, await someone("a viewer")), "BAD_USER_INPUT");
    expect(error.message).toContain(`input.${argument}`);
  });

  it("answers a lesson that is deleted at the same time, never with a fault", async () => {
    const who = await someone("a viewer");
    const refused: number[] = [];
    for (let round = 0; round < 15; round++) {
      const { id } = await createLesson(api.database);
      const [{ errors, data }] = await Promise.all([
        execute<{ payload: { userErrors: Refusal[] } }>(document, { id: encodeNodeId("Lesson", id) }, who),
        api.database.models.lesson.delete({ where: { id } }),
      ]);
      expect(errors).toEqual([]);
      for (const { code } of data.payload.userErrors) expect(code).toBe("NOT_FOUND");
      if (data.payload.userErrors.length > 0) refused.push(id);
    }
    // What was done first stays, as progress outlives its lesson; what was refused wrote nothing.
    const { progress } = await stored();
    expect(progress.filter(({ learnerId, lessonId }) => learnerId === idOf(who) && refused.includes(lessonId))).toEqual(
      [],
    );
  });
});

describe.each(lessonMutations)("Mutation.%s", name => {
  it("refuses guests for lessons that need an account, and writes nothing", async () => {
    const who = await someone("a guest");
    const { id } = await createLesson(api.database, { access: "ACCOUNT" });
    await haveProgress(who, id, june(1));
    const before = await stored();
    const variables = { id: encodeNodeId("Lesson", id) };
    expectCode(await execute(learnDocument(name), variables, { ...who, startedAt: june(2) }), "FORBIDDEN");
    expect(await stored()).toEqual(before);
  });
});

describe("mutations at the same time", () => {
  it("complete a lesson once, however many there are", async () => {
    const who = await someone("a viewer");
    const { id } = await createLesson(api.database);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => learn("completeLesson", id, { ...who, startedAt: june(1 + (n % 20)) })),
    );
    const rows = (await stored()).progress.filter(({ lessonId }) => lessonId === id);
    expect(rows).toMatchObject([{ learnerId: idOf(who), state: "COMPLETED" }]);
    // Every answer shows the one time that stands.
    expect(new Set(answers.map(answer => answer?.completedAt))).toEqual(new Set([rows[0]!.completedAt!.toISOString()]));
  });

  it.each(learners)("never fail, and leave what one after the other could have left, for %s", async kind => {
    const who = await someone(kind);
    const { id } = await createLesson(api.database);
    const names = [...lessonMutations, "setBookmark", "startLesson", "completeLesson"] as const;
    await Promise.all(
      Array.from({ length: 90 }, (_, n) => {
        const name = names[(n * 7) % names.length]!;
        const options = { ...who, startedAt: june(1 + ((n * 11) % 20)) };
        return name === "setBookmark" ? setBookmark("Lesson", id, n % 4 < 2, options) : learn(name, id, options);
      }),
    );
    const { progress, bookmarks } = await stored();
    const rows = progress.filter(({ lessonId }) => lessonId === id);
    expect(rows.length).toBeLessThanOrEqual(1);
    for (const { state, startedAt, completedAt, updatedAt } of rows) {
      expect(completedAt === null).toBe(state === "STARTED");
      expect(updatedAt).toEqual(completedAt ?? startedAt);
      expect(updatedAt >= startedAt).toBe(true);
    }
    expect(bookmarks.filter(({ lessonId }) => lessonId === id).length).toBeLessThanOrEqual(1);
  });
});

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

describe("Viewer.nextLesson", () => {
  let who: Who;
  /** By slug. The topic that stands first was made last; in each module, so was its first lesson. */
  let lessons: Map<string, number>;

  async function next(): Promise<string | null> {
    const { viewer } = await api.data<{ viewer: { nextLesson: { slug: string } | null } }, never>(
      "{ viewer { nextLesson { slug } } }",
      undefined,
      who,
    );
    return viewer.nextLesson?.slug ?? null;
  }

  const complete = (slug: string, day: number) => haveProgress(who, lessons.get(slug)!, june(day), june(day));
  const begin = (slug: string, day: number) => haveProgress(who, lessons.get(slug)!, june(day));

  beforeAll(async () => {
    // Nothing of what other tests made is to be next.
    await api.database.models.lesson.deleteMany();
    await api.database.models.module.deleteMany();
    await api.database.models.topic.deleteMany();
    lessons = new Map();
    const make = async (slug: string, place: { moduleId?: number; position?: number } = {}) =>
      lessons.set(slug, (await createLesson(api.database, { slug, ...place })).id);
    for (const [topic, position] of [
      ["second", 2],
      ["first", 1],
    ] as const) {
      const { id: topicId } = await createTopic(api.database, { slug: topic, position });
      for (const [module, level, at] of [
        ["b", "BEGINNER", 3],
        ["a", "BEGINNER", 2],
        ["hard", "ADVANCED", 1],
      ] as const) {
        const { id: moduleId } = await createModule(api.database, { topicId, position: at, level });
        for (const n of [3, 2, 1]) await make(`${topic}-${module}-${n}`, { moduleId, position: n });
      }
    }
    await make("loose");
  });

  beforeEach(async () => {
    who = await someone("a viewer");
    // Of somebody else, and later than all others.
    const other = await someone("a viewer");
    await haveProgress(other, lessons.get("second-hard-2")!, june(30));
    await haveProgress(other, lessons.get("first-a-1")!, june(30), june(30));
  });

  it("is the lesson that was begun last, whatever was completed since", async () => {
    await begin("second-b-2", 2);
    await begin("second-a-1", 3);
    await begin("first-a-1", 1);
    await complete("first-b-1", 4);
    expect(await next()).toBe("second-a-1");
  });

  it("is the next open one of the module in which one was completed last", async () => {
    await complete("second-hard-2", 2);
    await complete("first-a-1", 1);
    expect(await next()).toBe("second-hard-3");
    await complete("second-hard-1", 3);
    expect(await next()).toBe("second-hard-3");
  });

  it("is an earlier one of that module when the later ones are completed", async () => {
    await complete("first-hard-2", 1);
    await complete("first-hard-3", 2);
    expect(await next()).toBe("first-hard-1");
  });

  it("does not mind a lesson of no module that was completed since", async () => {
    await complete("second-b-1", 1);
    await complete("loose", 2);
    expect(await next()).toBe("second-b-2");
  });

  it("is the first open one of the beginner modules, in the catalogue's order, when that module is completed", async () => {
    for (const n of [1, 2, 3]) await complete(`second-hard-${n}`, 10 + n);
    expect(await next()).toBe("first-a-1");
    await complete("first-a-1", 1);
    expect(await next()).toBe("first-a-2");
    for (const n of [2, 3]) await complete(`first-a-${n}`, 1);
    expect(await next()).toBe("first-b-1");
    for (const n of [1, 2, 3]) await complete(`first-b-${n}`, 1);
    expect(await next()).toBe("second-a-1");
  });

  it("is the first one of the beginner modules for somebody new", async () => {
    expect(await next()).toBe("first-a-1");
  });

  it("is the first one of the level that the viewer prefers, and of the beginner modules after that", async () => {
    await api.database.models.user.update({ where: { id: idOf(who) }, data: { preferredLevel: "ADVANCED" } });
    expect(await next()).toBe("first-hard-1");
    for (const topic of ["first", "second"]) for (const n of [1, 2, 3]) await complete(`${topic}-hard-${n}`, n);
    expect(await next()).toBe("first-a-1");
  });

  it("is null when nothing of these is left", async () => {
    const beginner = [...lessons.keys()].filter(slug => !slug.includes("hard") && slug !== "loose");
    for (const slug of beginner) await complete(slug, 1);
    expect(await next()).toBeNull();
  });
});

interface LearnedPage {
  edges: object[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
  totalCount: number;
}

describe("the lists of a viewer", () => {
  let who: Who;
  let other: Who;
  /** The edges of each list, in its order. */
  let expected: Record<string, object[]>;
  const edgeFields: Readonly<Record<string, string>> = {
    continueLearning: "startedAt completedAt node { slug }",
    completedLessons: "startedAt completedAt node { slug }",
    bookmarks: `node {
      createdAt target { __typename ... on Lesson { slug } ... on Topic { slug title } ... on Tool { slug name } }
    }`,
  };

  beforeAll(async () => {
    who = await someone("a viewer");
    other = await someone("a viewer");
    const { database } = api;
    const made: { id: number; slug: string }[] = [];
    for (let n = 0; n < 11; n++) made.push(await createLesson(database));
    const edge = (n: number, startedAt: string, completedAt: string | null) => ({
      ...{ startedAt, completedAt },
      node: { slug: made[n]!.slug },
    });
    // Two of each at the same time: the id decides.
    for (const [n, day] of [2, 4, 3, 3, 1].entries()) await haveProgress(who, made[n]!.id, june(day));
    for (const [n, day] of [12, 13, 13, 11, 14].entries()) {
      await haveProgress(who, made[n + 5]!.id, june(5), june(day));
    }
    await haveProgress(other, made[10]!.id, june(2));
    await haveProgress(other, made[0]!.id, june(2), june(3));
    const topic = await createTopic(database);
    const tool = await createTool(database);
    const lesson = { __typename: "Lesson", slug: made[3]!.slug };
    const topicTarget = { __typename: "Topic", slug: topic.slug, title: topic.title };
    const toolTarget = { __typename: "Tool", slug: tool.slug, name: tool.name };
    await setBookmark("Topic", topic.id, true, { ...who, startedAt: june(3) });
    await setBookmark("Tool", tool.id, true, { ...who, startedAt: june(1) });
    await setBookmark("Lesson", made[3]!.id, true, { ...who, startedAt: june(2) });
    await setBookmark("Lesson", made[1]!.id, true, { ...who, startedAt: june(2) });
    await setBookmark("Tool", tool.id, true, { ...other, startedAt: june(5) });
    expected = {
      continueLearning: [
        edge(1, text(4), null),
        edge(3, text(3), null),
        edge(2, text(3), null),
        edge(0, text(2), null),
        edge(4, text(1), null),
      ],
      completedLessons: [
        edge(9, text(5), text(14)),
        edge(7, text(5), text(13)),
        edge(6, text(5), text(13)),
        edge(5, text(5), text(12)),
        edge(8, text(5), text(11)),
      ],
      bookmarks: [
        { createdAt: text(3), target: topicTarget },
        { createdAt: text(2), target: { ...lesson, slug: made[1]!.slug } },
        { createdAt: text(2), target: lesson },
        { createdAt: text(1), target: toolTarget },
      ].map(node => ({ node })),
    };
  });

  async function page(list: string, args: Record<string, unknown>): Promise<LearnedPage> {
    const fields = `edges { ${edgeFields[list]} } totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;
    const { viewer } = await api.data<{ viewer: { list: LearnedPage } }, Record<string, unknown>>(
      `query (${declared}) { viewer { list: ${list}(${given}) { ${fields} } } }`,
      args,
      who,
    );
    return viewer.list;
  }

  describe.each(["continueLearning", "completedLessons", "bookmarks"])("Viewer.%s", list => {
    it("has the viewer's own alone, the latest first, and counts them", async () => {
      const found = await page(list, {});
      expect(found.edges).toEqual(expected[list]);
      expect(found.totalCount).toBe(expected[list]!.length);
    });

    it("is paged forward and backward without a gap", async () => {
      const all = expected[list]!;
      const forward: object[] = [];
      for (let after: string | undefined, more = true; more;) {
        const found = await page(list, { first: 2, ...(after === undefined ? {} : { after }) });
        expect(found.pageInfo.hasPreviousPage).toBe(forward.length > 0);
        forward.push(...found.edges);
        expect(found.totalCount).toBe(all.length);
        [after, more] = [found.pageInfo.endCursor, found.pageInfo.hasNextPage];
      }
      expect(forward).toEqual(all);
      const backward: object[] = [];
      for (let before: string | undefined, more = true; more;) {
        const found = await page(list, { last: 2, ...(before === undefined ? {} : { before }) });
        expect(found.pageInfo.hasNextPage).toBe(backward.length > 0);
        backward.unshift(...found.edges);
        [before, more] = [found.pageInfo.startCursor, found.pageInfo.hasPreviousPage];
      }
      expect(backward).toEqual(all);
    });

    it("refuses the cursors of another list", async () => {
      const foreign = (await page(list === "bookmarks" ? "completedLessons" : "bookmarks", {})).pageInfo.endCursor;
      await expect(page(list, { after: foreign })).rejects.toThrow("BAD_USER_INPUT");
    });
  });
});

describe("Query.node of a bookmark", () => {
  it.each(learners)("finds it for %s whose own it is, and for nobody else", async kind => {
    const who = await someone(kind);
    const tool = await createTool(api.database);
    await setBookmark("Tool", tool.id, true, { ...who, startedAt: june(7) });
    const { id } = await api.database.models.bookmark.findFirstOrThrow({ where: { learnerId: idOf(who) } });
    const document = `{ node(id: "${encodeNodeId("Bookmark", id)}") {
      id ... on Bookmark { createdAt target { ... on Tool { slug } } }
    } }`;
    expect(await api.data(document, undefined, who)).toEqual({
      node: { id: encodeNodeId("Bookmark", id), createdAt: text(7), target: { slug: tool.slug } },
    });
    const admin = { as: await createViewer(api.database, { role: "ADMIN" }) };
    for (const other of [{}, admin, await someone("a viewer"), await someone("a guest")]) {
      expect(await api.data(document, undefined, other)).toEqual({ node: null });
    }
  });
});

const streakDocument = "{ viewer { learningStreak { currentDays longestDays lastLearnedOn } } }";
const zones = [
  "UTC",
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
  "America/Los_Angeles",
  "Europe/Berlin",
  "Asia/Kathmandu",
] as const;

/** The day of an instant on the calendar of a zone, by Node's own time zones, and its number. */
function dayIn(timeZone: string, instant: Date): { day: string; number: number } {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const day = parts.format(instant);
  return { day, number: Date.parse(`${day}T00:00:00Z`) / (24 * 60 * 60_000) };
}

function naiveStreak(timeZone: string, completed: readonly Date[], now: Date) {
  const days = new Map(completed.map(instant => dayIn(timeZone, instant)).map(({ day, number }) => [number, day]));
  const runs = [...days.keys()].map(last => {
    let length = 1;
    while (days.has(last - length)) length++;
    return { last, length };
  });
  const today = dayIn(timeZone, now).number;
  const lengthOn = (day: number) => runs.find(({ last }) => last === day)?.length ?? 0;
  return {
    currentDays: lengthOn(today) || lengthOn(today - 1),
    longestDays: Math.max(0, ...runs.map(({ length }) => length)),
    lastLearnedOn: days.get(Math.max(...days.keys())) ?? null,
  };
}

describe("Viewer.learningStreak", () => {
  let lessonIds: number[];

  beforeAll(async () => {
    lessonIds = [];
    for (let n = 0; n < 25; n++) lessonIds.push((await createLesson(api.database)).id);
  });

  const streak = async (who: Who, now: Date): Promise<unknown> =>
    (
      await api.data<{ viewer: { learningStreak: unknown } }, never>(streakDocument, undefined, {
        ...who,
        startedAt: now,
      })
    ).viewer.learningStreak;

  it("is what a naive count of days gives, in every time zone and over a change of its clocks", async () => {
    const who = { as: await createViewer(api.database) };
    const { userId } = who.as;
    const { models } = api.database;
    // Summer time begins on 8 March in Los Angeles and on 29 March in Berlin.
    const start = Date.parse("2026-03-05T00:00:00Z");
    const instants = fc.integer({ min: 0, max: 28 * 24 * 12 }).map(n => new Date(start + n * 5 * 60_000));
    // Runs of days at about the same hour, so that long rows are not rare.
    const rows = fc
      .record({
        first: instants,
        days: fc.integer({ min: 1, max: 12 }),
        drift: fc.integer({ min: -90, max: 90 }),
      })
      .map(({ first, days, drift }) =>
        Array.from({ length: days }, (_, n) => new Date(first.getTime() + n * (24 * 60 + drift) * 60_000)),
      );
    const histories = fc.oneof(fc.array(instants, { maxLength: 25 }), rows);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...zones),
        histories,
        fc.option(instants),
        fc.integer({ min: 0, max: 60 * 60 }),
        async (timeZone, history, anyTime, minutesLater) => {
          // As often soon after the last one as at any time.
          const last = Math.max(start, ...history.map(instant => instant.getTime()));
          const now = anyTime ?? new Date(last + minutesLater * 60_000);
          const completed = history.filter(instant => instant <= now);
          await models.lessonProgress.deleteMany({ where: { learnerId: userId } });
          await models.user.update({ where: { id: userId }, data: { timeZone } });
          await models.lessonProgress.createMany({
            data: completed.map((completedAt, n) => ({
              ...{ learnerId: userId, lessonId: lessonIds[n]!, state: "COMPLETED" },
              ...{ startedAt: new Date(start), completedAt, updatedAt: completedAt },
            })),
          });
          expect(await streak(who, now)).toEqual(naiveStreak(timeZone, completed, now));
        },
      ),
      { numRuns: 120 },
    );
  });

  it("still counts on the day after the last one, and no longer", async () => {
    const who = { as: await createViewer(api.database, { timeZone: "Asia/Kathmandu" }) };
    // 18:15 in UTC is midnight in Kathmandu.
    for (const [n, instant] of ["2026-06-10T18:10:00Z", "2026-06-10T18:20:00Z", "2026-06-12T18:00:00Z"].entries()) {
      await haveProgress(who, lessonIds[n]!, june(1), new Date(instant));
    }
    // Begun only: no day of learning.
    await haveProgress(who, lessonIds[3]!, june(13));
    const three = { currentDays: 3, longestDays: 3, lastLearnedOn: "2026-06-12" };
    expect(await streak(who, new Date("2026-06-13T18:14:00Z"))).toEqual(three);
    expect(await streak(who, new Date("2026-06-13T18:15:00Z"))).toEqual({ ...three, currentDays: 0 });
  });

  it("is empty for somebody who has completed nothing", async () => {
    const none = { currentDays: 0, longestDays: 0, lastLearnedOn: null };
    expect(await streak(await someone("a viewer"), june(1))).toEqual(none);
  });

  it("finds every time zone in the database that Node takes for one", async () => {
    const names = [...Intl.supportedValuesOf("timeZone"), "Etc/GMT+12", "europe/berlin"];
    const rows = await api.database.query<{ name: string; day: string }>(sql`
      SELECT z AS "name", to_char(${june(1, 11).toISOString()}::timestamptz AT TIME ZONE z, 'YYYY-MM-DD') AS "day"
      FROM unnest(${names}::text[]) z`);
    expect(rows).toEqual(names.map(name => ({ name, day: dayIn(name, june(1, 11)).day })));
  });
});

describe("what is deleted", () => {
  it("takes the progress and the bookmarks of a user along, and of nobody else", async () => {
    const [who, other] = [{ as: await createViewer(api.database) }, await someone("a viewer")];
    const { id } = await createLesson(api.database);
    for (const learner of [who, other]) {
      await learn("completeLesson", id, learner);
      await setBookmark("Lesson", id, true, learner);
    }
    await api.database.models.user.delete({ where: { id: who.as.userId } });
    const { progress, bookmarks } = await stored();
    expect(progress.filter(row => row.lessonId === id).map(row => row.learnerId)).toEqual([idOf(other)]);
    expect(bookmarks.filter(row => row.lessonId === id).map(row => row.learnerId)).toEqual([idOf(other)]);
    expect(await api.database.models.learner.count({ where: { id: who.as.userId } })).toBe(0);
  });

  it("leaves the progress with a lesson that is off the site, and its bookmarks: they count again when it is back", async () => {
    const who = await someone("a guest");
    const [gone, kept] = [await createLesson(api.database), await createLesson(api.database)];
    for (const { id } of [gone, kept]) {
      await learn("startLesson", id, who);
      await setBookmark("Lesson", id, true, who);
    }
    await api.database.models.lesson.delete({ where: { id: gone.id } });
    const { progress, bookmarks } = await stored();
    const own = <Row extends { learnerId: string }>(rows: Row[]) => rows.filter(row => row.learnerId === idOf(who));
    expect(
      own(progress)
        .map(({ lessonId }) => lessonId)
        .sort(),
    ).toEqual([gone.id, kept.id].sort());
    expect(
      own(bookmarks)
        .map(({ lessonId }) => lessonId)
        .sort(),
    ).toEqual([gone.id, kept.id].sort());
  });

  it("lets nobody write who was deleted since the request came in", async () => {
    const who = { as: await createViewer(api.database) };
    const { id } = await createLesson(api.database);
    await api.database.models.user.delete({ where: { id: who.as.userId } });
    for (const document of Object.values(documents)) {
      const result = await execute(document, { id: encodeNodeId("Lesson", id) }, who);
      expect(expectCode(result, "UNAUTHENTICATED").message).toContain("account is deleted");
    }
    expect((await stored()).progress.filter(({ learnerId }) => learnerId === idOf(who))).toEqual([]);
  });
});
