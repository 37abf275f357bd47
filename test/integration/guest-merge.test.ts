// What an account takes over from a guest who signs in: all of it, once, whoever tries at the same time; and nothing is written for that
// guest any more.
import fc from "fast-check";
import { encodeNodeId } from "../../src/graphql/node-id";
import { keepHouse } from "../../src/server/housekeeping";
import { createTestApi, expectCode, type ExecuteOptions, type TestApi } from "../support/api";
import { createLesson, createTool, createTopic } from "../support/factories";
import { createTestLog } from "../support/log";
import { createTestServices } from "../support/services";
import { createGuest, createViewer } from "../support/signed-in";

interface Account {
  id: string;
  email: string;
}

const password = "correct-Horse-7-battery";

let api: TestApi;
let passwordHash: string;
/** Called each time a password was compared: what follows is the merge. */
let onCompared: () => void = () => undefined;

beforeAll(async () => {
  const { passwords } = await createTestServices();
  api = await createTestApi({
    golden: "empty",
    services: {
      // Signs in more often than anybody may.
      attempts: { take: async () => undefined, reset: async () => undefined },
      passwords: {
        ...passwords,
        verify: async (hash, text, from) => {
          const isRight = await passwords.verify(hash, text, from);
          onCompared();
          return isRight;
        },
      },
    },
  });
  passwordHash = await passwords.hash(password, "::1");
});

afterAll(() => api.close());

async function createAccount(): Promise<Account> {
  const { userId } = await createViewer(api.database, { passwordHash });
  const { email } = await api.database.models.user.findUniqueOrThrow({ where: { id: userId } });
  return { id: userId, email };
}

const june = (day: number): Date => new Date(Date.UTC(2026, 5, day, 12));

function execute<Data>(document: string, variables: Record<string, unknown>, options: ExecuteOptions) {
  return api.execute<Data, Record<string, unknown>>(document, variables, options);
}

/** @returns whether it was the right password. */
async function signIn({ email }: Account, options: ExecuteOptions, using = password): Promise<boolean> {
  const { data, errors } = await execute<{ signIn: { userErrors: object[] } }>(
    "mutation ($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) { userErrors { code } } }",
    { email, password: using },
    options,
  );
  expect(errors).toEqual([]);
  return data.signIn.userErrors.length === 0;
}

const completeDocument =
  "mutation ($id: ID!) { done: completeLesson(input: { lessonId: $id }) { userErrors { code } } }";
const bookmarkDocument =
  "mutation ($id: ID!) { done: setBookmark(input: { targetId: $id, isBookmarked: true }) { userErrors { code } } }";
const write = (document: string, lessonId: number, options: ExecuteOptions) =>
  execute<{ done: { userErrors: object[] } } | null>(document, { id: encodeNodeId("Lesson", lessonId) }, options);

interface ProgressRow {
  lessonId: number;
  state: "STARTED" | "COMPLETED";
  startedAt: Date;
  completedAt: Date | null;
  updatedAt: Date;
}

interface BookmarkRow {
  lessonId: number | null;
  topicId: number | null;
  toolId: number | null;
  createdAt: Date;
}

interface Learned {
  progress: ProgressRow[];
  bookmarks: BookmarkRow[];
}

const nothing: Learned = { progress: [], bookmarks: [] };

/** What is stored of one learner. */
async function learnedBy(learnerId: string): Promise<Learned> {
  const { models } = api.database;
  return {
    progress: await models.lessonProgress.findMany({
      where: { learnerId },
      omit: { learnerId: true },
      orderBy: { lessonId: "asc" },
    }),
    bookmarks: sorted(
      await models.bookmark.findMany({ where: { learnerId }, omit: { learnerId: true, id: true } }),
      keyOf,
    ),
  };
}

const keyOf = ({ lessonId, topicId, toolId }: BookmarkRow): string => JSON.stringify([lessonId, topicId, toolId]);

function sorted<T>(values: readonly T[], by: (value: T) => string | number): T[] {
  return [...values].sort((a, b) => (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0));
}

async function put(learnerId: string, { progress, bookmarks }: Learned): Promise<void> {
  const { models } = api.database;
  await models.lessonProgress.createMany({ data: progress.map(row => ({ learnerId, ...row })) });
  await models.bookmark.createMany({ data: bookmarks.map(row => ({ learnerId, ...row })) });
}

const completed = (lessonId: number, day: number): ProgressRow => ({
  ...{ lessonId, state: "COMPLETED" },
  ...{ startedAt: june(1), completedAt: june(day), updatedAt: june(day) },
});
const bookmarked = (lessonId: number, day: number): BookmarkRow => ({
  ...{ lessonId, topicId: null, toolId: null },
  createdAt: june(day),
});

/** A guest who has completed and bookmarked a lesson. */
async function createLearnedGuest(lessonId: number): Promise<{ id: string; learned: Learned }> {
  const id = await createGuest(api.database);
  const learned = { progress: [completed(lessonId, 2)], bookmarks: [bookmarked(lessonId, 3)] };
  await put(id, learned);
  return { id, learned };
}

const mergedInto = async (guestId: string) =>
  (await api.database.models.learner.findUniqueOrThrow({ where: { id: guestId } })).mergedInto;

/** Row by row: of two states of a lesson the later one, the account's own of two of the same time; begun when it was begun first. */
function naiveMerge(account: Learned, guest: Learned): Learned {
  const progress = new Map(account.progress.map(row => [row.lessonId, row]));
  for (const row of guest.progress) {
    const own = progress.get(row.lessonId);
    const later = own && own.updatedAt >= row.updatedAt ? own : row;
    const startedAt = own && own.startedAt < row.startedAt ? own.startedAt : row.startedAt;
    progress.set(row.lessonId, { ...later, startedAt });
  }
  const bookmarks = new Map([...guest.bookmarks, ...account.bookmarks].map(row => [keyOf(row), row]));
  return {
    progress: sorted([...progress.values()], row => row.lessonId),
    bookmarks: sorted([...bookmarks.values()], keyOf),
  };
}

describe("Mutation.signIn with a guest", () => {
  it("shows the guest's progress and bookmarks to the account, in the same operation", async () => {
    const [account, { id, slug }] = [await createAccount(), await createLesson(api.database)];
    const guest = await createLearnedGuest(id);
    const { data } = await execute(
      `mutation ($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) {
        viewer { completedLessons { nodes { slug progress { state } isBookmarked } } bookmarks { totalCount } }
      } }`,
      { email: account.email, password },
      { guestId: guest.id },
    );
    const nodes = [{ slug, progress: { state: "COMPLETED" }, isBookmarked: true }];
    expect(data).toEqual({ signIn: { viewer: { completedLessons: { nodes }, bookmarks: { totalCount: 1 } } } });
  });

  it("leaves the account what merging row by row leaves, and the guest nothing", async () => {
    const { database } = api;
    const lessons = [0, 1, 2, 3].map(() => createLesson(database));
    const lessonIds = (await Promise.all(lessons)).map(({ id }) => id);
    const topicId = (await createTopic(database)).id;
    const toolId = (await createTool(database)).id;
    const day = fc.integer({ min: 1, max: 5 });
    const progress = fc
      .uniqueArray(
        fc.record({
          lessonId: fc.constantFrom(...lessonIds),
          startedOn: day,
          completedAfter: fc.option(fc.integer({ min: 0, max: 3 })),
        }),
        { selector: ({ lessonId }) => lessonId },
      )
      .map(rows =>
        rows.map(({ lessonId, startedOn, completedAfter }): ProgressRow => {
          const startedAt = june(startedOn);
          if (completedAfter === null) {
            return { ...{ lessonId, startedAt, state: "STARTED" }, completedAt: null, updatedAt: startedAt };
          }
          const completedAt = june(startedOn + completedAfter);
          return { ...{ lessonId, startedAt, state: "COMPLETED" }, completedAt, updatedAt: completedAt };
        }),
      );
    const targets = [
      ...lessonIds.map(lessonId => ({ lessonId, topicId: null, toolId: null })),
      { lessonId: null, topicId, toolId: null },
      { lessonId: null, topicId: null, toolId },
    ];
    const bookmarks = fc
      .uniqueArray(fc.record({ target: fc.constantFrom(...targets), createdOn: day }), {
        selector: ({ target }) => target,
      })
      .map(rows => rows.map(({ target, createdOn }) => ({ ...target, createdAt: june(createdOn) })));
    const learned = fc.record({ progress, bookmarks });
    await fc.assert(
      fc.asyncProperty(learned, learned, async (ofAccount, ofGuest) => {
        const [account, guestId] = [await createAccount(), await createGuest(database)];
        await put(account.id, ofAccount);
        await put(guestId, ofGuest);
        expect(await signIn(account, { guestId })).toBe(true);
        expect(await learnedBy(account.id)).toEqual(naiveMerge(ofAccount, ofGuest));
        expect(await learnedBy(guestId)).toEqual(nothing);
      }),
      { numRuns: 40 },
    );
  });

  it("takes a guest over once, however often it is tried", async () => {
    const [account, other, { id }] = [await createAccount(), await createAccount(), await createLesson(api.database)];
    const guest = await createLearnedGuest(id);
    await signIn(account, { guestId: guest.id, startedAt: june(10) });
    const merged = await api.database.models.learner.findUniqueOrThrow({ where: { id: guest.id } });
    expect(merged).toMatchObject({ mergedInto: account.id, mergedAt: june(10) });
    for (const again of [account, other]) {
      expect(await signIn(again, { guestId: guest.id, startedAt: june(11) })).toBe(true);
    }
    expect(await learnedBy(account.id)).toEqual(guest.learned);
    expect(await learnedBy(other.id)).toEqual(nothing);
    expect(await api.database.models.learner.findUniqueOrThrow({ where: { id: guest.id } })).toEqual(merged);
  });

  it("gives a guest to one of two accounts that sign in at the same time, whole", async () => {
    const { id } = await createLesson(api.database);
    for (let round = 0; round < 10; round++) {
      const accounts = [await createAccount(), await createAccount()];
      const guest = await createLearnedGuest(id);
      await Promise.all(accounts.map(account => signIn(account, { guestId: guest.id })));
      const winner = await mergedInto(guest.id);
      expect(accounts.map(account => account.id)).toContain(winner);
      for (const account of accounts) {
        expect(await learnedBy(account.id)).toEqual(account.id === winner ? guest.learned : nothing);
      }
      expect(await learnedBy(guest.id)).toEqual(nothing);
    }
  });

  it("gives two guests at the same time to the one account", async () => {
    const account = await createAccount();
    const lessons = [await createLesson(api.database), await createLesson(api.database)];
    const guests = [await createLearnedGuest(lessons[0]!.id), await createLearnedGuest(lessons[1]!.id)];
    await Promise.all(guests.map(guest => signIn(account, { guestId: guest.id })));
    const [first, second] = guests.map(({ learned }) => learned);
    expect(await learnedBy(account.id)).toEqual(naiveMerge(first!, second!));
  });

  it("leaves the guest alone when the password is wrong", async () => {
    const [account, { id }] = [await createAccount(), await createLesson(api.database)];
    const guest = await createLearnedGuest(id);
    expect(await signIn(account, { guestId: guest.id }, "another-Staple-8-horses")).toBe(false);
    expect(await mergedInto(guest.id)).toBeNull();
    expect(await learnedBy(guest.id)).toEqual(guest.learned);
    expect(await learnedBy(account.id)).toEqual(nothing);
  });

  it("takes nothing from another account, whatever the guest is said to be", async () => {
    const [account, victim, { id }] = [await createAccount(), await createAccount(), await createLesson(api.database)];
    const learned = { progress: [completed(id, 2)], bookmarks: [bookmarked(id, 3)] };
    await put(victim.id, learned);
    expect(await signIn(account, { guestId: victim.id })).toBe(true);
    expect(await learnedBy(victim.id)).toEqual(learned);
    expect(await learnedBy(account.id)).toEqual(nothing);
  });

  it("does not mind a lesson that is deleted at the same time", async () => {
    for (let round = 0; round < 15; round++) {
      const [account, { id }] = [await createAccount(), await createLesson(api.database)];
      const guest = await createLearnedGuest(id);
      await Promise.all([signIn(account, { guestId: guest.id }), api.database.models.lesson.delete({ where: { id } })]);
      // It counts again when the lesson is back.
      expect(await learnedBy(account.id)).toEqual(guest.learned);
      expect(await mergedInto(guest.id)).toBe(account.id);
    }
  });
});

describe("Mutation.createGuest", () => {
  const guestOf = async (options: ExecuteOptions): Promise<string | null> => {
    const create = "mutation { createGuest(input: {}) { guestToken userErrors { code } } }";
    const { data } = await execute<{ createGuest: { guestToken: string } }>(create, {}, options);
    return api.services.tokens.verifyGuest(data.createGuest.guestToken);
  };
  const longAgo = new Date(Date.now() - 402 * 24 * 60 * 60_000);

  it("gives somebody who is a guest another token, and keeps their progress as long as that one lives", async () => {
    const { models } = api.database;
    const create = () => models.learner.create({ data: { createdAt: longAgo, renewedAt: longAgo } });
    const [here, gone] = [await create(), await create()];
    const lesson = await createLesson(api.database, { access: "PUBLIC" });
    await models.lessonProgress.create({ data: { learnerId: here.id, lessonId: lesson.id, state: "STARTED" } });
    expect(await guestOf({ guestId: here.id })).toBe(here.id);
    await keepHouse(api.database, createTestLog().log);
    expect(await models.learner.findMany({ where: { id: { in: [here.id, gone.id] } } })).toMatchObject([
      { id: here.id },
    ]);
    expect(await models.lessonProgress.count({ where: { learnerId: here.id } })).toBe(1);
  });

  it("begins anew for a guest who is gone or was taken over since the request came in", async () => {
    const gone = "00000000-0000-4000-8000-000000000001";
    const { id: merged } = await api.database.models.learner.create({
      data: { mergedAt: new Date(), mergedInto: (await createAccount()).id },
    });
    for (const guestId of [gone, merged]) {
      const id = await guestOf({ guestId });
      expect([null, guestId]).not.toContain(id);
    }
  });
});

describe("a guest who was taken over", () => {
  it("writes nothing any more", async () => {
    const [account, { id }] = [await createAccount(), await createLesson(api.database)];
    const guestId = await createGuest(api.database);
    await signIn(account, { guestId });
    for (const name of ["startLesson", "completeLesson", "resetLesson"]) {
      expectCode(await write(completeDocument.replace("completeLesson", name), id, { guestId }), "UNAUTHENTICATED");
    }
    expectCode(await write(bookmarkDocument, id, { guestId }), "UNAUTHENTICATED");
    expect(await learnedBy(guestId)).toEqual(nothing);
    expect(await learnedBy(account.id)).toEqual(nothing);
  });

  it("has written for the account or not at all, when that was at the same time", async () => {
    const { id } = await createLesson(api.database);
    for (let round = 0; round < 30; round++) {
      const [account, guestId] = [await createAccount(), await createGuest(api.database)];
      // In every other round only once the account is about to take over: now the one is first and now the other.
      const compared = new Promise<void>(resolve => (onCompared = resolve));
      const begun = round % 2 === 0 ? Promise.resolve() : compared;
      const [progress, bookmark] = await Promise.all([
        begun.then(() => write(completeDocument, id, { guestId })),
        begun.then(() => write(bookmarkDocument, id, { guestId })),
        signIn(account, { guestId }),
      ]);
      const taken = await learnedBy(account.id);
      expect(taken.progress).toHaveLength(wasDone(progress) ? 1 : 0);
      expect(taken.bookmarks).toHaveLength(wasDone(bookmark) ? 1 : 0);
      expect(await learnedBy(guestId)).toEqual(nothing);
    }
  });
});

/** Whether a write was done; fails the test when it was refused for another reason than that there is no such guest any more. */
function wasDone(result: Awaited<ReturnType<typeof write>>): boolean {
  if (result.errors.length > 0) expectCode(result, "UNAUTHENTICATED");
  else expect(result.data?.done.userErrors).toEqual([]);
  return result.errors.length === 0;
}
