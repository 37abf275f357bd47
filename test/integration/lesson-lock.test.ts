// Who may read the text of a lesson, on every path that leads to one; and what stands in for it.
import { encodeNodeId } from "../../src/graphql/node-id";
import type { Viewer } from "../../src/request/context";
import { createTestApi, type TestApi } from "../support/api";
import { createCallToAction, createLesson, createModule, createTool, createTopic } from "../support/factories";

let api: TestApi;
/** Lesson ids: one open, one locked under a topic with an invitation, one locked without. */
let ids: Record<"open" | "locked" | "quiet", number>;

beforeAll(async () => {
  api = await createTestApi({ golden: "empty" });
  const { database } = api;
  const { models } = database;
  // Made first and placed last: the first topic is the first in the catalogue's order.
  const later = await createTopic(database, { slug: "later", position: 2 });
  const topic = await createTopic(database, { slug: "topic", position: 1 });
  const silent = await createTopic(database, { slug: "silent", position: 3 });
  const last = await createTopic(database, { slug: "last", position: 4 });
  await createCallToAction(database, { topicId: topic.id, headline: "The first topic's" });
  await createCallToAction(database, { topicId: later.id, headline: "A later topic's" });
  await createCallToAction(database, { topicId: last.id, headline: "The last topic's" });
  const module = await createModule(database, { topicId: topic.id, position: 1, slug: "module" });
  const tool = await createTool(database, { slug: "tool" });
  const openTool = await createTool(database, { slug: "open-tool" });
  const place = (position: number) => ({ moduleId: module.id, position });
  const guide = (toolId: number) => ({ kind: "TOOL_GUIDE" as const, guidesToolId: toolId });
  const open = await createLesson(database, { slug: "open", access: "PUBLIC", ...place(1), ...guide(openTool.id) });
  const locked = await createLesson(database, { slug: "locked", access: "ACCOUNT", ...place(2), ...guide(tool.id) });
  const quiet = await createLesson(database, { slug: "quiet", access: "ACCOUNT", ...place(3) });
  const start = await createLesson(database, { slug: "start" });
  const lessons = [open, locked, quiet];
  await models.lessonTopic.createMany({
    data: [
      ...[open, locked].flatMap(({ id }, i) => [
        { lessonId: id, topicId: later.id, position: i + 1 },
        { lessonId: id, topicId: topic.id, position: i + 1 },
      ]),
      { lessonId: quiet.id, topicId: silent.id, position: 1 },
      // Has an invitation, but is not the first topic.
      { lessonId: quiet.id, topicId: last.id, position: 1 },
    ],
  });
  await models.lessonTool.createMany({
    data: lessons.map(({ id }, i) => ({ lessonId: id, toolId: tool.id, position: i + 1 })),
  });
  await models.lessonPrerequisite.createMany({
    data: lessons.map(({ id }, i) => ({ lessonId: start.id, prerequisiteId: id, position: i + 1 })),
  });
  ids = { open: open.id, locked: locked.id, quiet: quiet.id };
});

afterAll(() => api.close());

interface LessonData {
  slug: string;
  content: { __typename: string; body?: { text: string; html: string; markdown: string } };
}

const fields = `slug content { __typename
  ... on LessonBody { body { text html markdown } }
  ... on LessonLock { reason message callToAction { headline claim } }
}`;
const viewer = (role: Viewer["role"]): Viewer => ({
  userId: "00000000-0000-4000-8000-000000000000",
  role,
  sessionId: "session",
});

/** Every path to a lesson, by the lessons it leads to. */
const paths: Readonly<Record<string, () => string>> = {
  lesson: () => `open: lesson(by: { slug: "open" }) { ${fields} } locked: lesson(by: { slug: "locked" }) { ${fields} }`,
  lessons: () => `lessons { nodes { ${fields} } edges { node { ${fields} } } }`,
  node: () =>
    ["open", "locked"]
      .map(
        slug => `${slug}: node(id: "${encodeNodeId("Lesson", ids[slug as "open"])}") { ... on Lesson { ${fields} } }`,
      )
      .join(" "),
  nodes: () =>
    `nodes(ids: ["${encodeNodeId("Lesson", ids.open)}", "${encodeNodeId("Lesson", ids.locked)}"]) { ... on Lesson { ${fields} } }`,
  "Module.lessons": () => `module(by: { slug: "module" }) { lessons { nodes { ${fields} } } }`,
  "Topic.lessons": () => `topic(by: { slug: "topic" }) { lessons { nodes { ${fields} } } }`,
  "Tool.lessons": () => `tool(by: { slug: "tool" }) { lessons { nodes { ${fields} } } }`,
  "Tool.guide": () =>
    `open: tool(by: { slug: "open-tool" }) { guide { ${fields} } } locked: tool(by: { slug: "tool" }) { guide { ${fields} } }`,
  "Lesson.prerequisites": () => `lesson(by: { slug: "start" }) { prerequisites { ${fields} } }`,
};

/** The lessons anywhere in the data of an answer. */
function lessonsIn(value: unknown): LessonData[] {
  if (typeof value !== "object" || value === null) return [];
  if ("content" in value) return [value as LessonData];
  return Object.values(value).flatMap(lessonsIn);
}

async function read(path: string, as?: Viewer): Promise<Map<string, LessonData["content"]>> {
  const data = await api.data(`{ ${paths[path]?.()} }`, undefined, as ? { as } : {});
  return new Map(lessonsIn(data).map(({ slug, content }) => [slug, content]));
}

describe.each(Object.keys(paths))("%s (R17)", path => {
  it("shows guests the text of a public lesson", async () => {
    const body = {
      text: expect.stringContaining("Body"),
      html: expect.stringContaining("<em>"),
      markdown: expect.stringContaining("*"),
    };
    expect((await read(path)).get("open")).toEqual({ __typename: "LessonBody", body });
  });

  it("shows guests why a lesson is locked, and the invitation of its first topic", async () => {
    expect((await read(path)).get("locked")).toEqual({
      __typename: "LessonLock",
      reason: "ACCOUNT_REQUIRED",
      message: "This lesson opens with a free account.",
      callToAction: { headline: "The first topic's", claim: "4 free lessons and tool guides" },
    });
  });

  it.each(["LEARNER", "EDITOR", "ADMIN"] as const)("opens a locked lesson for %s", async role => {
    const content = (await read(path, viewer(role))).get("locked");
    expect(content).toMatchObject({ __typename: "LessonBody", body: { text: expect.stringContaining("Body") } });
  });
});

describe("LessonLock.callToAction", () => {
  it("is null where the first topic has none, even when a later one has", async () => {
    expect((await read("lessons")).get("quiet")).toMatchObject({ __typename: "LessonLock", callToAction: null });
  });

  it("is null for a lesson of no topic", async () => {
    const { slug } = await createLesson(api.database, { access: "ACCOUNT" });
    expect(
      await api.data(
        `{ lesson(by: { slug: "${slug}" }) { content { ... on LessonLock { callToAction { headline } } } } }`,
      ),
    ).toEqual({
      lesson: { content: { callToAction: null } },
    });
    await api.database.models.lesson.delete({ where: { slug } });
  });

  it("leaves no trace of the text in the answer", async () => {
    const answer = JSON.stringify(await api.data(`{ lesson(by: { slug: "locked" }) { ${fields} } }`));
    const { bodyText } = await api.database.models.lesson.findUniqueOrThrow({ where: { slug: "locked" } });
    expect(answer).not.toContain(bodyText);
  });
});
