// What a learner does, alone and at the same time, and what goes with whom it belongs to. Progress of guests that an account takes over is in
// guest-merge.test.ts.
import { encodeNodeId } from "../../../src/graphql/node-id";
import { expectCode, type ExecuteOptions } from "../../support/api";
import { createLesson, createModule, createTool, createTopic } from "../../support/factories";
import { createViewer } from "../../support/signed-in";
import {
  api,
  bookmarkDocument,
  execute,
  haveProgress,
  idOf,
  june,
  learners,
  setBookmark,
  someone,
  text,
  useLearners,
  type BookmarkKind,
  type Progress,
  type Refusal,
} from "./learners";

type LessonMutation = (typeof lessonMutations)[number];

const lessonMutations = ["startLesson", "completeLesson", "resetLesson"] as const;
const nowhere = 2_000_000_000;

useLearners();

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
