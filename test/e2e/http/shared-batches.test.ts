// Concurrent requests read public content together, and nothing else: what is one person's is read for that person alone.
import { setImmediate as nextTurn } from "node:timers/promises";
import { unavailable } from "../../../src/errors/app-error";
import { SharedBatches } from "../../../src/request/shared-batches";
import { createTestApi, type TestApi } from "../../support/api";
import { startTestServer, type TestServer } from "../../support/server";
import { authorizationOf, createViewer } from "../../support/signed-in";
import { statementsOf } from "../../support/statements";

const page = `query Page($slug: String!) { topic(by: { slug: $slug }) {
  title sections { heading } tools(first: 5) { nodes { name } } lessons(first: 5) { nodes { title } }
} }`;
const personal = `query Page($slug: String!) { topic(by: { slug: $slug }) {
  title sections { heading } tools(first: 5) { nodes { name } } lessons(first: 5) { nodes { title } } progress { completedCount }
} }`;

let server: TestServer;
let slugs: string[];

beforeAll(async () => {
  // Without a cache, so that everything is read.
  server = await startTestServer({ responseCacheBytes: 0 });
  slugs = (await server.database.models.topic.findMany({ select: { slug: true } })).map(({ slug }) => slug);
  for (const query of [page, personal]) await (await server.post({ query, variables: { slug: slugs[0] } })).text();
});
afterAll(() => server.close());

const ask = async (query: string, slug: string, headers: Record<string, string> = {}) =>
  (await server.post({ query, variables: { slug } }, headers)).text();

describe("Requests of one moment", () => {
  let api: TestApi;
  let sharing: SharedBatches;
  beforeAll(async () => {
    api = await createTestApi({ golden: "catalogue" });
    sharing = new SharedBatches(10);
  });
  afterAll(() => api.close());

  it("share the statements of what is public, and each gets its own answer", async () => {
    const alone: unknown[] = [];
    for (const slug of slugs) alone.push(await api.data(page, { slug }));
    const one = await api.statements(() => api.data(page, { slug: slugs[0]! }));
    let together: unknown[] = [];
    const sent = await api.statements(async () => {
      together = await Promise.all(slugs.map(slug => api.data(page, { slug }, { sharing })));
    });
    expect(together).toEqual(alone);
    expect(slugs.length).toBeGreaterThan(3);
    expect([one.length, sent.length]).toEqual([4, 4]);
  });

  it("of learners read each one's progress in one statement of its own, and share the rest", async () => {
    const topic = { slug: slugs[0]! };
    const lessons = await api.database.models.lessonTopic.findMany({ where: { topic }, take: 2 });
    const learners = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        const viewer = await createViewer(api.database);
        const completed = lessons.slice(0, i % 3);
        await api.database.models.lessonProgress.createMany({
          data: completed.map(({ lessonId }) => ({
            ...{ learnerId: viewer.userId, lessonId, state: "COMPLETED" as const, completedAt: new Date() },
          })),
        });
        return { viewer, completed: completed.length };
      }),
    );
    let counts: number[] = [];
    const sent = await api.statements(async () => {
      const answers = await Promise.all(
        learners.map(({ viewer }) =>
          api.data<{ topic: { progress: { completedCount: number } } }, Record<string, unknown>>(personal, topic, {
            as: viewer,
            sharing,
          }),
        ),
      );
      counts = answers.map(answer => answer.topic.progress.completedCount);
    });
    expect(counts).toEqual(learners.map(({ completed }) => completed));
    expect(new Set(counts).size).toBe(3);
    const ofProgress = sent.filter(text => text.includes('"lesson_progress"'));
    expect([ofProgress.length, sent.length - ofProgress.length]).toEqual([learners.length, 4]);
  });
});

describe("A signed-in page", () => {
  it("costs one statement more than a guest's, and the one that says who that is", async () => {
    const authorization = await authorizationOf(await createViewer(server.database), server.services.tokens);
    const guest = await statementsOf(server.database, () => ask(page, slugs[0]!));
    const learner = await statementsOf(server.database, () => ask(personal, slugs[0]!, { authorization }));
    expect(learner.length).toBe(guest.length + 2);
    expect(learner.filter(text => text.includes('"user_session"'))).toHaveLength(1);
  });
});

describe("SharedBatches", () => {
  const session = { query: () => Promise.reject(new Error("not read here")) };

  it("reads a key that several ask for once, and asks anew for one that comes later", async () => {
    const batches: (readonly number[])[] = [];
    const definition = {
      name: "numbers",
      batch: (_: unknown, keys: readonly number[]) => {
        batches.push(keys);
        return Promise.resolve(keys.map(key => key * 10));
      },
    };
    const shared = new SharedBatches(10);
    const [a, b] = await Promise.all([
      shared.load(session, definition, [1, 2]),
      shared.load(session, definition, [2, 3]),
    ]);
    expect([a, b, batches]).toEqual([[10, 20], [20, 30], [[1, 2, 3]]]);
    expect(await shared.load(session, definition, [2])).toEqual([20]);
    expect(batches).toHaveLength(2);
  });

  it("gives the failure of one asker's keys to that asker alone", async () => {
    const definition = {
      name: "numbers",
      batch: (_: unknown, keys: readonly string[]) =>
        keys.includes("bad") ? Promise.reject(new Error("bad")) : Promise.resolve(keys.map(key => key.length)),
    };
    const shared = new SharedBatches(10);
    const [good, bad] = await Promise.allSettled([
      shared.load(session, definition, ["good"]),
      shared.load(session, definition, ["bad"]),
    ]);
    expect([good, bad]).toMatchObject([{ value: [4] }, { reason: { message: "bad" } }]);
  });

  it("does not ask a database again that is away", async () => {
    let calls = 0;
    const definition = {
      name: "numbers",
      batch: () => {
        calls++;
        return Promise.reject(unavailable(new Error("away")));
      },
    };
    const shared = new SharedBatches(10);
    const results = await Promise.allSettled([
      shared.load(session, definition, [1]),
      shared.load(session, definition, [2]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(calls).toBe(1);
  });

  it("gathers the keys of those that would wait for a connection, also when what they wait for fails", async () => {
    const sent: { keys: readonly number[]; end: (error?: Error) => void }[] = [];
    const definition = {
      name: "numbers",
      batch: (_: unknown, keys: readonly number[]) =>
        new Promise<readonly number[]>((resolve, reject) =>
          sent.push({ keys, end: error => (error ? reject(error) : resolve(keys)) }),
        ),
    };
    const shared = new SharedBatches(2);
    const values: Promise<unknown>[] = [];
    for (const key of [1, 2, 3, 4]) {
      values.push(shared.load(session, definition, [key]).catch(() => "failed"));
      await nextTurn();
    }
    expect(sent.map(({ keys }) => keys)).toEqual([[1], [2]]);
    sent[0]?.end(unavailable(new Error("away")));
    await nextTurn();
    await nextTurn();
    expect(sent.map(({ keys }) => keys)).toEqual([[1], [2], [3, 4]]);
    for (const { end } of sent) end();
    expect(await Promise.all(values)).toEqual(["failed", [2], [3], [4]]);
  });

  it("sends at once what is many", async () => {
    const sizes: number[] = [];
    const definition = {
      name: "numbers",
      batch: (_: unknown, keys: readonly number[]) => {
        sizes.push(keys.length);
        return Promise.resolve(keys);
      },
    };
    const shared = new SharedBatches(10);
    const keys = (from: number) => Array.from({ length: 600 }, (_, i) => from + i);
    await Promise.all([0, 600, 1_200, 1_800].map(from => shared.load(session, definition, keys(from))));
    expect(sizes).toEqual([1_200, 1_200]);
  });
});
