// Search and suggest over the real documents: what is found, in which order, what is shown of it, and what never is.
import fc from "fast-check";
import { sql } from "../../src/db/sql";
import { readMarkers } from "../../src/modules/search/search.highlights";
import { createTestApi, expectCode, expectStatements, type TestApi } from "../support/api";
import { createLesson, createSection, createTool, createTopic } from "../support/factories";

interface Found {
  edges: {
    cursor: string;
    node: { slug: string };
    highlights: { field: string; text: string; ranges: { start: number; length: number }[] }[];
  }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean };
  totalCount: number;
}

const document = `query ($query: String!, $types: [SearchType!], $filter: SearchFilter, $first: Int, $after: String, $last: Int, $before: String) {
  search(query: $query, types: $types, filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { ... on Topic { slug } ... on Tool { slug } ... on Lesson { slug } } highlights { field text ranges { start length } } }
    pageInfo { hasNextPage hasPreviousPage }
    totalCount
  }
}`;

function searching(api: () => TestApi) {
  const page = async (query: string, rest: Record<string, unknown> = {}) =>
    (await api().data<{ search: Found }, Record<string, unknown>>(document, { query, ...rest })).search;
  const slugs = async (query: string, rest: Record<string, unknown> = {}) =>
    (await page(query, { first: 100, ...rest })).edges.map(({ node }) => node.slug);
  return { page, slugs };
}

describe("search over the shipped catalogue", () => {
  let api: TestApi;
  const { page, slugs } = searching(() => api);

  beforeAll(async () => {
    api = await createTestApi({ golden: "catalogue" });
  });

  afterAll(() => api.close());

  it.each([
    ["cursor", "cursor"],
    ["Backend and API development", "backend-and-api-development"],
    ["bakend", "backend-and-api-development"],
    ["cursr", "cursor"],
    ["windsruf", "windsurf"],
    ["CLAUDE code", "claude-code"],
  ])("finds for %s first %s or a lesson on it", async (query, slug) => {
    const [first, second, third] = await slugs(query);
    expect([first, second, third]).toContain(slug);
  });

  it("takes no more statements for many results than for one: page, types, total, highlights, facets", async () => {
    const everything = document.replace(
      "totalCount",
      "totalCount facets { types { value count } levels { value count } }",
    );
    const run = (first: number) => api.data(everything, { query: "claude or cursor or lesson or data", first });
    const { search } = (await run(100)) as { search: Found };
    expect(search.edges.length).toBeGreaterThan(20);
    await expectStatements(api, 7, () => run(100));
    await expectStatements(api, 1, () => api.data('{ search(query: "qqqqqqqq") { nodes { ... on Topic { slug } } } }'));
  });

  it("pages in both directions as the whole list, and its reverse", async () => {
    const query = "claude or cursor or data";
    const all = await slugs(query);
    expect(all.length).toBeGreaterThan(15);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.boolean(), async (size, forward) => {
        const seen: string[] = [];
        let cursor: string | undefined;
        for (;;) {
          const found = await page(query, forward ? { first: size, after: cursor } : { last: size, before: cursor });
          const got = found.edges.map(({ node }) => node.slug);
          if (forward) seen.push(...got);
          else seen.unshift(...got);
          expect(found.totalCount).toBe(all.length);
          expect(forward ? found.pageInfo.hasPreviousPage : found.pageInfo.hasNextPage).toBe(cursor !== undefined);
          cursor = (forward ? found.edges.at(-1) : found.edges[0])?.cursor;
          if (!(forward ? found.pageInfo.hasNextPage : found.pageInfo.hasPreviousPage)) break;
        }
        expect(seen).toEqual(all);
      }),
      { numRuns: 12 },
    );
  });

  it("refuses cursors of another search, empty and long queries, and too many types", async () => {
    const { edges } = await page("cursor", { first: 1 });
    const cursor = edges[0]?.cursor;
    for (const variables of [
      { query: "claude", after: cursor },
      { query: "cursor", after: cursor, types: ["TOOL"] },
      { query: "cursor", after: cursor, filter: { level: { eq: "BEGINNER" } } },
      { query: "cursor", after: "x" },
      { query: "   " },
      { query: "x".repeat(201) },
      { query: "x", types: ["TOOL", "TOOL", "TOOL", "TOOL"] },
      { query: "x", first: 101 },
    ]) {
      expectCode(await api.execute(document, variables), "BAD_USER_INPUT");
    }
  });

  it("takes any text as words to look for, and nothing as SQL or as an error (R15, R16)", async () => {
    const odd = fc.oneof(
      fc.string({ minLength: 1, maxLength: 60 }),
      fc.constantFrom(
        "'); DROP TABLE topic; --",
        "a & | ! b",
        "(((",
        '"',
        "-",
        "<->",
        "\\",
        "%_%",
        "the of and",
        "🦊",
        "<b>",
        ":*",
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        odd.filter(text => text.trim() !== "" && !text.includes("\0")),
        async query => {
          const { errors } = await api.execute(document, { query });
          expect(errors).toEqual([]);
          const suggested = await api.execute("query ($p: String!) { suggest(prefix: $p) { title } }", { p: query });
          expect(suggested.errors).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
    expect(await slugs("cursor")).toContain("cursor");
  });

  it("suggests titles by their start, by the start of a word, and in spite of a typing error", async () => {
    const suggest = async (prefix: string, rest = "") => {
      const { suggest: found } = await api.data<
        { suggest: { title: string; type: string; node: { id: string } }[] },
        Record<string, unknown>
      >(`query ($p: String!) { suggest(prefix: $p ${rest}) { title type node { ... on Node { id } } } }`, {
        p: prefix,
      });
      expect(found.every(({ node }) => node.id !== "")).toBe(true);
      return found.map(({ title }) => title);
    };
    const cur = await suggest("cUr");
    expect(cur[0]).toMatch(/^Cur/);
    expect(await suggest("api")).toContain("Backend and API development");
    expect(await suggest("windsruf")).toContain("Windsurf");
    expect(await suggest("c", "first: 3")).toHaveLength(3);
    expect((await suggest("c", "first: 20")).every(title => /^c/i.test(title))).toBe(true);
    expect(await suggest("%")).toEqual([]);
    expect((await suggest("cur", "types: [TOOL]"))[0]).toBe("Cursor");
    expectCode(await api.execute('{ suggest(prefix: "") { title } }'), "BAD_USER_INPUT");
    expectCode(await api.execute('{ suggest(prefix: "a", first: 21) { title } }'), "BAD_USER_INPUT");
  });

  it("counts facets as counting the results does, each without its own restriction", async () => {
    const query = "claude or cursor or data";
    const facets = async (args: string) => {
      const { search } = await api.data<
        { search: { facets: Record<string, { value: string; count: number }[]> } },
        Record<string, unknown>
      >(
        `query ($q: String!) { search(query: $q ${args}) { facets { types { value count } levels { value count } toolCategories { value count } topicCategories { value count } } } }`,
        { q: query },
      );
      return search.facets;
    };
    const count = async (rest: Record<string, unknown>) => (await page(query, rest)).totalCount;
    const open = await facets("");
    for (const { value, count: n } of open["types"] ?? []) expect(await count({ types: [value] })).toBe(n);
    for (const { value, count: n } of open["levels"] ?? [])
      expect(await count({ filter: { level: { eq: value } } })).toBe(n);
    for (const { value, count: n } of open["toolCategories"] ?? []) {
      expect(await count({ filter: { toolCategory: { eq: value } } })).toBe(n);
    }
    const narrowed = await facets("types: [LESSON], filter: { level: { eq: BEGINNER } }");
    expect(narrowed["types"]).toEqual([
      { value: "LESSON", count: await count({ filter: { level: { eq: "BEGINNER" } } }) },
    ]);
    expect(narrowed["levels"]).toEqual(open["levels"]);
    expect(narrowed["toolCategories"]).toEqual([]);
    expect(open["topicCategories"]?.length).toBeGreaterThan(0);
  });
});

describe("search over chosen texts", () => {
  let api: TestApi;
  const { page, slugs } = searching(() => api);

  beforeAll(async () => {
    api = await createTestApi({ golden: "empty" });
    await createTopic(api.database, { slug: "in-title", title: "Gardening for foxes" });
    const other = await createTopic(api.database, { slug: "in-body", title: "Other" });
    await createSection(api.database, {
      topicId: other.id,
      position: 1,
      bodyText: "Some gardening <b>and</b> 🦊 roses.",
    });
    await createTool(api.database, { slug: "in-tagline", name: "Spade", tagline: "Gardens & more" });
    await createLesson(api.database, {
      slug: "locked",
      access: "ACCOUNT",
      bodyText: "A secret zebra.",
      level: "ADVANCED",
    });
    await createLesson(api.database, { slug: "open", access: "PUBLIC", bodyText: "An open zebra.", level: "BEGINNER" });
  });

  afterAll(() => api.close());

  it("puts the title before the summary and the summary before the text, and knows word stems", async () => {
    expect(await slugs("gardens")).toEqual(["in-title", "in-tagline", "in-body"]);
  });

  it("knows phrases, choices and exclusions, and takes them exactly", async () => {
    expect(await slugs('"gardening for foxes"')).toEqual(["in-title"]);
    expect(await slugs('"foxes gardening"')).toEqual([]);
    expect(await slugs("gardening -foxes")).toEqual(["in-tagline", "in-body"]);
    expect((await slugs("foxes or zebra")).sort()).toEqual(["in-title", "open"]);
    expect(await slugs("gardning")).toEqual(["in-title"]);
    expect(await slugs("gardning -zebra")).toEqual([]);
  });

  it("never finds a lesson by its locked text, and never shows it", async () => {
    expect(await slugs("zebra")).toEqual(["open"]);
    const { edges } = await page("lesson or zebra");
    expect(edges.map(({ node }) => node.slug).sort()).toEqual(["locked", "open"]);
    expect(JSON.stringify(edges)).not.toContain("secret");
    await api.database.models.lesson.update({ where: { slug: "locked" }, data: { access: "PUBLIC" } });
    expect((await slugs("zebra")).sort()).toEqual(["locked", "open"]);
    await api.database.models.lesson.update({ where: { slug: "locked" }, data: { access: "ACCOUNT" } });
    expect(await slugs("zebra")).toEqual(["open"]);
  });

  it("filters by type and by what documents have", async () => {
    expect(await slugs("gardening", { types: ["TOOL", "LESSON"] })).toEqual(["in-tagline"]);
    expect(await slugs("gardening", { types: [] })).toEqual([]);
    expect(await slugs("lesson", { filter: { level: { in: ["ADVANCED"] } } })).toEqual(["locked"]);
    expect(await slugs("lesson", { filter: { not: { level: { eq: "ADVANCED" } } } })).toEqual(["open"]);
  });

  it("highlights what was found as ranges of plain text, markup and emoji and all", async () => {
    const { edges } = await page("roses gardening");
    const body = edges.find(({ node }) => node.slug === "in-body")?.highlights.find(({ field }) => field === "BODY");
    expect(body?.text).toBe("Some gardening <b>and</b> 🦊 roses.");
    expect(body?.ranges.map(({ start, length }) => body.text.slice(start, start + length))).toEqual([
      "gardening",
      "roses",
    ]);
    const [typo] = (await page("gardning")).edges;
    expect(typo?.highlights).toEqual([
      { field: "TITLE", text: "Gardening for foxes", ranges: [{ start: 0, length: 9 }] },
    ]);
  });

  it("gives ranges that lie in their text, in order and apart, whatever the text", async () => {
    const word = fc.constantFrom("fox", "foxes", "<b>", "🦊", "e\u0301", "a\u0002b\u0003", "&amp;", "語彙", "\n", "-");
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 40 }), async words => {
        await api.database.models.lesson.update({
          where: { slug: "open" },
          data: { bodyText: `fox ${words.join(" ")}` },
        });
        const { edges } = await page("fox", { types: ["LESSON"] });
        expect(edges).toHaveLength(1);
        for (const { text, ranges } of edges[0]?.highlights ?? []) {
          let end = 0;
          for (const { start, length } of ranges) {
            expect(start).toBeGreaterThanOrEqual(end);
            expect(text.slice(start, start + length)).toMatch(/^fox/);
            end = start + length;
          }
          expect(end).toBeLessThanOrEqual(text.length);
          expect(text).not.toMatch(/[\u0002\u0003]/);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("readMarkers", () => {
  it("gives the text without markers, whatever they are", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "\u0002", "\u0003", "b") }), marked => {
        const { text, ranges } = readMarkers(marked);
        expect(text).not.toMatch(/[\u0002\u0003]/);
        for (const { start, length } of ranges) expect(start + length).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});

describe("search documents", () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await createTestApi({ golden: "empty" });
  });

  afterAll(() => api.close());

  const documents = () =>
    api.database.query(sql`
      SELECT "type"::text, "entity_id", "title", "vector"::text, "level"::text, "access"::text, "topic_category"::text, "tool_category"::text
      FROM "search_document" ORDER BY "type", "entity_id"`);

  it("are what a rebuild makes them, after any writes", async () => {
    const run = (text: string) => api.database.exclusive(connection => connection.script(text));
    const ids = {
      topic: "(SELECT id FROM topic ORDER BY id % 7, id LIMIT 1)",
      other: "(SELECT id FROM topic ORDER BY id DESC LIMIT 1)",
    };
    const write = fc.constantFrom<() => Promise<unknown>>(
      () => createTopic(api.database),
      () => createTool(api.database, { category: "SEARCH" }),
      () => createLesson(api.database, { access: "PUBLIC" }),
      () => createLesson(api.database, { access: "ACCOUNT", level: "ADVANCED" }),
      async () => {
        const topic = await createTopic(api.database);
        await createSection(api.database, { topicId: topic.id, position: 1 });
      },
      () => run(`UPDATE topic SET title = title || ' new' WHERE id = ${ids.topic}`),
      () => run(`UPDATE topic SET category = 'DESIGN'`),
      () =>
        run(
          `UPDATE topic_section SET topic_id = ${ids.other}, position = id + 1000, anchor = 'a' || id WHERE topic_id = ${ids.topic}`,
        ),
      () => run("UPDATE topic_section SET body_text = body_text || ' moved', heading = 'Head'"),
      () => run(`DELETE FROM topic_section WHERE topic_id = ${ids.topic}`),
      () => run(`DELETE FROM topic WHERE id = ${ids.topic}`),
      () => run("UPDATE lesson SET access = CASE access WHEN 'PUBLIC' THEN 'ACCOUNT' ELSE 'PUBLIC' END::lesson_access"),
      () => run("DELETE FROM tool WHERE id = (SELECT min(id) FROM tool)"),
      () => run("DELETE FROM lesson WHERE id % 2 = 0"),
      () => run("TRUNCATE topic_section CASCADE"),
      () => run("TRUNCATE lesson CASCADE"),
      () => run("TRUNCATE tool CASCADE"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 12 }), async writes => {
        for (const each of writes) await each();
        const kept = await documents();
        await api.database.query(sql`SELECT 1 AS "done" FROM (SELECT "search_document_rebuild"()) r`);
        expect(kept).toEqual(await documents());
      }),
      { numRuns: 25 },
    );
  });
});
