// Only the selected columns are read, however the selection is written: seen in the text of the SQL statements.
import type { Viewer } from "../../src/request/context";
import { createTestApi, type TestApi } from "../support/api";

let api: TestApi;

beforeAll(async () => {
  api = await createTestApi({ golden: "catalogue" });
});

afterAll(() => api.close());

const learner: Viewer = { userId: "00000000-0000-4000-8000-000000000000", role: "LEARNER", sessionId: "session" };

interface Reading {
  variables?: Record<string, unknown>;
  as?: Viewer;
}

/** The columns that the statements of an operation name in quotes. */
async function columnsRead(document: string, { variables, as }: Reading = {}): Promise<Set<string>> {
  const sent = await api.statements(() => api.data(document, variables, as ? { as } : {}));
  expect(sent.length).toBeGreaterThan(0);
  return new Set(sent.flatMap(text => [...text.matchAll(/"([a-z_]+)"/g)].map(([, name]) => name ?? "")));
}

const bulky = [
  "body_markdown",
  "body_html",
  "body_text",
  "description_markdown",
  "description_html",
  "description_text",
];

/** Which of the long texts an operation reads. */
async function textsRead(document: string, reading?: Reading): Promise<string[]> {
  const columns = await columnsRead(document, reading);
  return bulky.filter(column => columns.has(column));
}

describe("lists", () => {
  it.each([
    ["lessons", "{ lessons { nodes { id slug title summary durationMinutes updatedOn } } }"],
    [
      "lessons through a topic and a module",
      "{ topics { nodes { lessons { nodes { title } } modules { nodes { lessons { nodes { title } } } } } } }",
    ],
    ["tools", "{ tools { edges { cursor node { name tagline website plans { name } } } } }"],
    ["sections", "{ topics { nodes { sections { heading anchor mentionedTools { name } } } } }"],
    [
      "nodes of every kind",
      '{ nodes(ids: ["VG9waWM6MQ", "VG9vbDox", "TGVzc29uOjE"]) { id ... on Lesson { title } ... on Tool { name } } }',
    ],
  ])("of %s read no body and no description", async (_, document) => {
    expect(await textsRead(document)).toEqual([]);
  });

  it("read of an entity only the columns that were asked for, and those that others start from", async () => {
    const columns = await columnsRead("{ tools { nodes { tagline } } }");
    expect(
      [...columns].filter(column => ["slug", "vendor", "website", "models", "tagline", "id"].includes(column)).sort(),
    ).toEqual(["id", "tagline"]);
  });

  it.each([
    ["html", ["description_html"]],
    ["markdown text", ["description_markdown", "description_text"]],
    ["__typename", []],
  ])("read of a text only the form %s", async (forms, read) => {
    expect(await textsRead(`{ tools { nodes { description { ${forms} } } } }`)).toEqual(read);
  });
});

describe("a selection", () => {
  const html = ["description_html"];

  it.each([
    ["an alias", "{ tools { nodes { text: description { markup: html } } } }"],
    [
      "a fragment",
      "{ tools { nodes { ...A } } } fragment A on Tool { ...B } fragment B on Tool { description { ...C } } fragment C on RichText { html }",
    ],
    ["an inline fragment without a type", "{ tools { nodes { ... { description { ... { html } } } } } }"],
    [
      "an inline fragment on an interface",
      "{ tools { nodes { ... on Node { ... on Tool { description { html } } } } } }",
    ],
    [
      "a fragment on the connection",
      "{ tools { ...P } } fragment P on ToolConnection { edges { ...E } } fragment E on ToolEdge { node { description { html } } }",
    ],
    ["a fragment on the query", "{ ...Q } fragment Q on Query { tools { nodes { description { html } } } }"],
    ["edges and nodes at once", "{ tools { edges { node { name } } nodes { description { html } } } }"],
    [
      "the same field written twice",
      "{ tools { nodes { description { __typename } } } tools { nodes { description { html } } } }",
    ],
    ["node(id)", '{ node(id: "VG9vbDox") { ... on Tool { description { html } } ... on Topic { title } } }'],
  ])("through %s reads what it selects", async (_, document) => {
    expect(await textsRead(document)).toEqual(html);
    expect(JSON.stringify(await api.data(document))).toContain("<p>");
  });

  it("leaves out fragments on another type, even where both types have the field", async () => {
    const fragments = "... on Topic { title } ... on Lesson { summary content { __typename } } ...T";
    const columns = await columnsRead(`{ node(id: "VG9waWM6MQ") { ${fragments} } } fragment T on Module { updatedAt }`);
    expect(columns).toContain("title");
    for (const column of ["summary", "updated_at"]) expect(columns).not.toContain(column);
  });

  const conditional = `query ($yes: Boolean!, $no: Boolean = false) { tools { nodes { name
    ... @include(if: $yes) { description @skip(if: $no) { html } }
    ...M @skip(if: $yes)
    description { text @include(if: $no) __typename }
  } } } fragment M on Tool { description { markdown } }`;

  it.each([
    [{ yes: true }, ["description_html"]],
    [{ yes: false }, ["description_markdown"]],
    [{ yes: true, no: true }, ["description_text"]],
    [{ yes: false, no: true }, ["description_markdown", "description_text"]],
  ])("with @include and @skip on %j reads what is left", async (variables, read) => {
    expect(await textsRead(conditional, { variables })).toEqual(read);
  });
});

describe("two selections of one list or one object", () => {
  it("are read in one statement with the columns of both", async () => {
    const documents = [
      '{ a: tool(by: { slug: "cursor" }) { tagline } b: tool(by: { slug: "cursor" }) { description { html } } c: tool(by: { slug: "claude" }) { vendor } }',
      "{ a: tools { nodes { tagline } } b: tools { edges { node { vendor description { html } } } } }",
    ];
    for (const document of documents) {
      const sent = await api.statements(() => api.data(document));
      expect(sent).toHaveLength(1);
      for (const column of ["tagline", "vendor", "description_html"]) expect(sent[0]).toContain(`"${column}"`);
      expect(sent[0]).not.toContain('"description_text"');
    }
  });

  it("each answer with what they selected", async () => {
    expect(
      await api.data('{ a: tool(by: { slug: "cursor" }) { name } b: tool(by: { slug: "cursor" }) { vendor } }'),
    ).toEqual({ a: { name: "Cursor" }, b: { vendor: "Anysphere" } });
  });
});

describe("the body of a lesson", () => {
  const content = "content { ... on LessonBody { body { html } } ... on LessonLock { message } }";

  async function slugWith(access: "PUBLIC" | "ACCOUNT"): Promise<string> {
    return (await api.database.models.lesson.findFirstOrThrow({ where: { access } })).slug;
  }

  it("is not read while it is locked, not even to be thrown away", async () => {
    const slug = await slugWith("ACCOUNT");
    expect(await textsRead(`{ lesson(by: { slug: "${slug}" }) { title ${content} } }`)).toEqual([]);
    expect(await textsRead(`{ lesson(by: { slug: "${slug}" }) { ${content} } }`, { as: learner })).toEqual([
      "body_html",
    ]);
  });

  it("is read in a list for the open lessons only", async () => {
    const locked = await api.database.models.lesson.findFirstOrThrow({ where: { access: "ACCOUNT" } });
    const sent = await api.statements(() => api.data(`{ lessons(first: 100) { nodes { ${content} } } }`));
    expect(sent.filter(text => text.includes('"body_html"'))).toHaveLength(1);
    const { lessons } = await api.data<{ lessons: { nodes: { slug: string; content: { body?: object } }[] } }, never>(
      `{ lessons(first: 100) { nodes { slug ${content} } } }`,
    );
    expect(lessons.nodes.find(({ slug }) => slug === locked.slug)?.content.body).toBeUndefined();
  });

  it("is read in the selected form only", async () => {
    const slug = await slugWith("PUBLIC");
    expect(
      await textsRead(
        `{ lesson(by: { slug: "${slug}" }) { ...L } } fragment L on Lesson { content { ...B } } fragment B on LessonBody { body { text } }`,
      ),
    ).toEqual(["body_text"]);
  });
});
