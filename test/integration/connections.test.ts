// Connections after the Relay cursor specification, at the root and nested: page sizes, cursors, pageInfo, totalCount, edge data.
// What happens when rows come and go is in paging.test.ts.
import fc from "fast-check";
import { getNamedType, isObjectType } from "graphql";
import { buildGraphQLSchema } from "../../src/server/schema";
import { createTestApi, expectCode, expectStatements, type TestApi } from "../support/api";
import { createFiftyParents } from "../support/fifty-parents";
import { declared, given, pageParts, slugsOf, type Page, type PageArguments } from "../support/pages";

/** Relay's algorithm over a whole list, for cursors that are of rows of the list. */
function modelPage(all: readonly string[], { first, after, last, before }: { [K in keyof PageArguments]: number }) {
  const end = before ?? all.length;
  const between = all.slice(after === undefined ? 0 : after + 1, Math.max(end, 0));
  const kept = last === undefined ? between.slice(0, first ?? 20) : between.slice(-last);
  const cut = kept.length < between.length;
  return {
    slugs: kept,
    hasNextPage: (last === undefined && cut) || before !== undefined,
    hasPreviousPage: (last !== undefined && cut) || after !== undefined,
  };
}

/** The Relay arguments as indexes into a list of `length`. */
const pageArguments = (length: number) => {
  const index = fc.option(fc.nat(Math.max(length - 1, 0)), { nil: undefined });
  const size = fc.integer({ min: 1, max: 25 });
  return fc.record({
    size: fc.oneof(fc.record({ first: size }), fc.record({ last: size }), fc.constant({})),
    after: length > 0 ? index : fc.constant(undefined),
    before: length > 0 ? index : fc.constant(undefined),
  });
};

let api: TestApi;
let parents: Awaited<ReturnType<typeof createFiftyParents>>;

beforeAll(async () => {
  api = await createTestApi({ golden: "empty" });
  parents = await createFiftyParents(api.database);
  // One topic, one tool and one module with more than a page.
  const [topic, tool, module] = [parents.topics[0]?.id ?? 0, parents.tools[0]?.id ?? 0, parents.modules[0]?.id ?? 0];
  const models = api.database.models;
  await models.topicTool.createMany({
    data: parents.tools.slice(0, 24).map(({ id }, i) => ({
      topicId: topic,
      toolId: id,
      rank: 24 - i,
      blurb: `Blurb ${24 - i}`,
      featured: i % 2 === 0,
    })),
  });
  await models.lessonTopic.createMany({
    data: parents.lessons.map(({ id }, i) => ({ lessonId: id, topicId: topic, position: (i * 7) % 13 })),
    skipDuplicates: true,
  });
  await models.lesson.updateMany({ where: { moduleId: { not: null } }, data: { moduleId: null, position: null } });
  for (const [i, { id }] of parents.lessons.entries()) {
    await models.lesson.update({ where: { id }, data: { moduleId: module, position: parents.lessons.length - i } });
  }
  await models.fact.deleteMany();
  await models.fact.createMany({
    data: Array.from({ length: 46 }, (_, i) => ({
      ...(i < 23 ? { toolId: tool, position: 23 - i } : { topicId: topic, position: 46 - i }),
      ...{ key: `key-${i}`, kind: "USERS" as const },
      ...{ statement: "Statement.", asOf: new Date("2026-06-24"), sourceName: "Page" },
      // Some on the same day, and some that do not age.
      staleAfter: i % 4 === 0 ? null : new Date(`2026-07-${10 + (i % 7)}`),
    })),
  });
});

afterAll(() => api.close());

const lists = [
  { name: "topics", path: "topics", expected: "SELECT slug FROM topic ORDER BY position" },
  { name: "tools", path: "tools", expected: 'SELECT slug FROM tool ORDER BY lower(name COLLATE "C"), id' },
  { name: "lessons", path: "lessons", expected: 'SELECT slug FROM lesson ORDER BY lower(title COLLATE "C"), id' },
  {
    name: "Topic.tools",
    path: "topic.tools",
    expected:
      "SELECT slug FROM tool JOIN topic_tool l ON id = tool_id WHERE topic_id = (SELECT min(id) FROM topic) ORDER BY rank",
  },
  {
    name: "Topic.lessons",
    path: "topic.lessons",
    expected:
      "SELECT slug FROM lesson JOIN lesson_topic l ON id = lesson_id WHERE topic_id = (SELECT min(id) FROM topic) ORDER BY l.position, id",
  },
  {
    name: "Topic.modules",
    path: "topic.modules",
    expected: "SELECT slug FROM module WHERE topic_id = (SELECT min(id) FROM topic) ORDER BY position",
  },
  {
    name: "Tool.lessons",
    path: "tool.lessons",
    expected:
      "SELECT slug FROM lesson JOIN lesson_tool ON id = lesson_id WHERE tool_id = (SELECT min(id) FROM tool) ORDER BY id",
  },
  {
    name: "Topic.facts",
    path: "topic.facts",
    expected: "SELECT key AS slug FROM fact WHERE topic_id = (SELECT min(id) FROM topic) ORDER BY position",
  },
  {
    name: "Tool.facts",
    path: "tool.facts",
    expected: "SELECT key AS slug FROM fact WHERE tool_id = (SELECT min(id) FROM tool) ORDER BY position",
  },
  {
    name: "Module.lessons",
    path: "module.lessons",
    expected: "SELECT slug FROM lesson WHERE module_id = (SELECT min(id) FROM module) ORDER BY position",
  },
  {
    name: "Lesson.tools",
    path: "lesson.tools",
    expected:
      "SELECT slug FROM tool JOIN lesson_tool ON id = tool_id WHERE lesson_id = (SELECT min(id) FROM lesson) ORDER BY position",
  },
  {
    name: "Lesson.topics",
    path: "lesson.topics",
    expected:
      "SELECT slug FROM topic JOIN lesson_topic ON id = topic_id WHERE lesson_id = (SELECT min(id) FROM lesson) ORDER BY topic.position, id",
  },
  { name: "facts", path: "facts", expected: "SELECT key AS slug FROM fact ORDER BY stale_after, id" },
  {
    name: "Tool.topics",
    path: "tool.topics",
    expected:
      "SELECT slug FROM topic JOIN topic_tool ON id = topic_id WHERE tool_id = (SELECT min(id) FROM tool) ORDER BY position, id",
  },
  {
    name: "Tool.alternatives",
    path: "tool.alternatives",
    expected: `SELECT y.slug FROM tool x JOIN topic_tool a ON a.tool_id = x.id JOIN topic_tool b USING (topic_id) JOIN tool y ON y.id = b.tool_id
       WHERE x.id = (SELECT min(id) FROM tool) AND y.id <> x.id AND y.category = x.category
       GROUP BY y.id ORDER BY count(*) DESC, lower(y.name COLLATE "C"), y.id`,
  },
  {
    name: "Topic.relatedTopics",
    path: "topic.relatedTopics",
    expected: `SELECT y.slug FROM topic_tool a JOIN topic_tool b USING (tool_id) JOIN topic y ON y.id = b.topic_id
       WHERE a.topic_id = (SELECT min(id) FROM topic) AND b.topic_id <> a.topic_id
       GROUP BY y.id ORDER BY count(*) DESC, y.position, y.id`,
  },
  {
    name: "TopicCategoryGroup.topics",
    path: "topicCategories.topics",
    expected: "SELECT slug FROM topic WHERE category = (SELECT min(category) FROM topic) ORDER BY position, id",
  },
];

/** One page of a list, of the first parent where it is nested. */
async function page(path: string, args: PageArguments): Promise<Page> {
  const [parent = "", field] = path.split(".");
  const selected = /\bfacts$/.test(path) ? pageParts.replaceAll("slug", "slug: key") : pageParts;
  const list = `${field ?? parent}(${given}) { ${selected} }`;
  // A root list has no parent.
  const slug = [...((parents as Partial<typeof parents>)[`${parent}s` as "topics"] ?? [])].sort(
    (a, b) => a.id - b.id,
  )[0]?.slug;
  const lookup = parent === "topicCategories" ? parent : `${parent}(by: { slug: "${slug}" })`;
  const document = `query (${declared}) { ${field ? `parent: ${lookup} { list: ${list} }` : `list: ${list}`} }`;
  const data = await api.data<
    { list?: Page; parent?: { list: Page } | { list: Page }[] },
    PageArguments & Record<string, unknown>
  >(document, { ...args });
  const found = data.list ?? [data.parent].flat()[0]?.list;
  if (!found) throw new Error("no page");
  return found;
}

async function whole(statement: string): Promise<string[]> {
  const rows = await api.database.models.$queryRawUnsafe<{ slug: string }[]>(statement);
  return rows.map(({ slug }) => slug);
}

it("covers every connection of the schema", () => {
  const connections = Object.values(buildGraphQLSchema().getTypeMap())
    .filter(isObjectType)
    .flatMap(type => Object.values(type.getFields()).map(field => ({ type, field })))
    .filter(({ field }) => getNamedType(field.type).name.endsWith("Connection"))
    .map(({ type, field }) => (type.name === "Query" ? field.name : `${type.name}.${field.name}`))
    // A search is no list of a table: search.test.ts. What only some people see: learning, accounts and editorial.test.ts.
    .filter(name => !["search", "users", "revisions", "auditEvents"].includes(name) && !name.startsWith("Viewer."));
  expect(lists.map(({ name }) => name).sort()).toEqual(connections.sort());
});

describe.each(lists)("$name", ({ path, expected }) => {
  it("gives the page that Relay's algorithm gives, with exact pageInfo, for any arguments", async () => {
    const all = await whole(expected);
    const cursors = [...(await page(path, { first: 100 })).edges].map(({ cursor }) => cursor);
    expect(cursors).toHaveLength(all.length);
    await fc.assert(
      fc.asyncProperty(pageArguments(all.length), async ({ size, after, before }) => {
        const found = await page(path, {
          ...size,
          ...(after === undefined ? {} : { after: cursors[after] ?? "" }),
          ...(before === undefined ? {} : { before: cursors[before] ?? "" }),
        });
        const model = modelPage(all, { ...size, after, before });
        expect(slugsOf(found)).toEqual(model.slugs);
        expect(found.edges.map(({ node }) => node)).toEqual(found.nodes);
        expect(found.pageInfo).toEqual({
          hasNextPage: model.hasNextPage,
          hasPreviousPage: model.hasPreviousPage,
          startCursor: found.edges[0]?.cursor ?? null,
          endCursor: found.edges.at(-1)?.cursor ?? null,
        });
        expect(found.edges.map(({ cursor }) => cursor)).toEqual(model.slugs.map(slug => cursors[all.indexOf(slug)]));
      }),
      { numRuns: 30 },
    );
  });

  it("refuses first with last, sizes outside 1 to 100, and cursors it did not make", async () => {
    const other = path === "topics" ? "tools" : "topics";
    const foreign = (await page(other, { first: 1 })).edges[0]?.cursor ?? "";
    for (const args of [
      { first: 1, last: 1 },
      { first: 0 },
      { last: 101 },
      { first: -1 },
      { after: "x" },
      { before: "" },
      { after: foreign },
    ]) {
      await expect(page(path, args)).rejects.toThrow("BAD_USER_INPUT");
    }
  });
});

it("takes 20 when no size is given, and at most 100", async () => {
  expect((await page("lessons", {})).nodes).toHaveLength(20);
  expect((await page("lessons", { first: 100 })).nodes).toHaveLength(80);
  expectCode(await api.execute("{ lessons(first: 101) { nodes { slug } } }"), "BAD_USER_INPUT");
});

it("carries the rank, the blurb and the emphasis of a tool on the edge of its topic", async () => {
  const slug = parents.topics[0]?.slug;
  const { topic } = await api.data<{ topic: { tools: { edges: object[] } } }, never>(
    `{ topic(by: { slug: "${slug}" }) { tools(first: 2) { edges { rank blurb isFeatured node { slug } } } } }`,
  );
  expect(topic.tools.edges).toEqual([
    { rank: 1, blurb: "Blurb 1", isFeatured: false, node: { slug: parents.tools[23]?.slug } },
    { rank: 2, blurb: "Blurb 2", isFeatured: true, node: { slug: parents.tools[22]?.slug } },
  ]);
});

it("counts only when totalCount is selected, and counts the whole list", async () => {
  await expectStatements(api, 1, () => api.data("{ lessons(first: 2) { nodes { slug } pageInfo { hasNextPage } } }"));
  await expectStatements(api, 2, () => api.data("{ lessons(first: 2) { nodes { slug } totalCount } }"));
  expect(await api.data("{ lessons(first: 2) { totalCount } topics(last: 1) { totalCount } }")).toEqual({
    lessons: { totalCount: 80 },
    topics: { totalCount: 50 },
  });
});

it("gives each of many parents the page it gives that parent alone", async () => {
  const cursors = (await page("topic.tools", { first: 100 })).edges.map(({ cursor }) => cursor);
  await fc.assert(
    fc.asyncProperty(pageArguments(cursors.length), async ({ size, after, before }) => {
      const args = {
        ...size,
        ...(after === undefined ? {} : { after: cursors[after] }),
        ...(before === undefined ? {} : { before: cursors[before] }),
      };
      const fields = `slug tools(${given}) { ${pageParts} }`;
      const { topics } = await api.data<
        { topics: { nodes: { slug: string; tools: Page }[] } },
        Record<string, unknown>
      >(`query (${declared}) { topics(first: 50) { nodes { ${fields} } } }`, args);
      for (const topic of topics.nodes.slice(-8)) {
        const alone = await api.data(
          `query (${declared}) { topic(by: { slug: "${topic.slug}" }) { ${fields} } }`,
          args,
        );
        expect(alone).toEqual({ topic });
      }
    }),
    { numRuns: 15 },
  );
});
