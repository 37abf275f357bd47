// Filters and orders of root lists: each condition and each order is served by an index or refused, and what is refused says why.
// That they give the right rows is shown against a naive reference in any-operation.test.ts.
import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  type GraphQLEnumType,
  type GraphQLInputObjectType,
  type GraphQLInputType,
} from "graphql";
import { generateCatalogue } from "../../src/db/generate/generate-catalogue";
import { sql, type Sql } from "../../src/db/sql";
import { buildGraphQLSchema } from "../../src/server/schema";
import { createTestApi, expectCode, type TestApi } from "../support/api";

const schema = buildGraphQLSchema();
const rootLists = { topics: "Topic", tools: "Tool", lessons: "Lesson", facts: "Fact" };

interface ListCase {
  list: string;
  filter: Record<string, unknown>;
}

/** Every operator of every field of the filters of root lists; of a relation, one condition on the other side. */
const conditions: ListCase[] = Object.entries(rootLists).flatMap(([list, name]) =>
  conditionsOf(inputType(`${name}Filter`), 1).map(filter => ({ list, filter })),
);

/** What no index can serve: it holds for the rows that something does not hold for. */
const isRefused = (filter: object) => /"none":|"isStale":false/.test(JSON.stringify(filter));

const orders = Object.entries(rootLists).flatMap(([list, name]) =>
  (schema.getType(`${name}OrderField`) as GraphQLEnumType)
    .getValues()
    .flatMap(({ name: field }) => ["ASC", "DESC"].map(direction => ({ list, name, orderBy: { field, direction } }))),
);

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi({ golden: "empty" });
  await generateCatalogue(api.database, { topics: 200, tools: 300, lessons: 4_000 }, { seed: 1, replace: false });
});
afterAll(() => api.close());

const ask = (list: string, filter: unknown, more = "") =>
  api.execute(
    `query ($filter: ${rootLists[list as keyof typeof rootLists]}Filter) { ${list}(filter: $filter${more}) { totalCount } }`,
    { filter },
  );

describe("A filter of a root list", () => {
  it("has conditions on every kind of field", () => {
    expect(conditions.length).toBeGreaterThan(100);
    const text = JSON.stringify(conditions);
    for (const operator of ["contains", "startsWith", "in", "gte", "includesAny", "some", "none", "isStale"]) {
      expect(text).toContain(`"${operator}":`);
    }
  });

  it.each(conditions.filter(({ filter }) => !isRefused(filter)).map(given => ({ ...given, name: nameOf(given) })))(
    "is served by an index: $name",
    async ({ list, filter }) => {
      const [count] = await statementsOf(() => ask(list, filter));
      const scans = await scansOf(count as Sql);
      expect(scans.length).toBeGreaterThan(0);
      expect(scans.filter(scan => !scan.condition)).toEqual([]);
    },
  );

  it.each(conditions.filter(({ filter }) => isRefused(filter)).map(given => ({ ...given, name: nameOf(given) })))(
    "is refused, since no index serves it: $name",
    async ({ list, filter }) => {
      const sent = await statementsOf(async () => {
        expect(expectCode(await ask(list, filter), "BAD_USER_INPUT")).toMatchObject({
          message: expect.stringMatching(/^filter would read the whole list/) as string,
          extensions: { argument: "filter" },
        });
      });
      expect(sent).toEqual([]);
    },
  );

  it.each([
    ["a negation alone", { not: { slug: { eq: "lesson-1" } } }],
    ["a negation under and", { and: [{ not: { level: { eq: "BEGINNER" } } }] }],
    [
      "one branch of or without an index",
      { or: [{ slug: { eq: "lesson-1" } }, { not: { level: { eq: "BEGINNER" } } }] },
    ],
    ["a relation without a condition", { tools: { some: {} } }],
    ["a relation with a condition that no index serves", { tools: { some: { not: { slug: { eq: "tool-1" } } } } }],
  ])("is refused: %s", async (_name, filter) => {
    expect(expectCode(await ask("lessons", filter), "BAD_USER_INPUT").message).toMatch(/would read the whole list/);
  });

  it.each([
    ["a negation beside what an index serves", { level: { eq: "BEGINNER" }, not: { access: { eq: "PUBLIC" } } }],
    [
      "none beside what an index serves",
      { topics: { some: { slug: { eq: "topic-2" } }, none: { slug: { eq: "topic-3" } } } },
    ],
    [
      "branches that an index serves each",
      { or: [{ slug: { eq: "lesson-1" } }, { tools: { some: { slug: { eq: "tool-9" } } } }] },
    ],
  ])("is taken: %s", async (_name, filter) => {
    const [count] = await statementsOf(async () => expect((await ask("lessons", filter)).errors).toEqual([]));
    const ofLessons = (await scansOf(count as Sql)).filter(scan => scan.table === "lesson");
    expect(ofLessons.some(scan => scan.condition)).toBe(true);
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["an empty filter", {}],
    ["fields that are null", { title: null, tools: null, and: null }],
    ["operators that are null", { title: { eq: null, contains: null } }],
    ["an empty and", { and: [] }],
    ["an or with a branch that asks for nothing", { or: [{ slug: { eq: "lesson-1" } }, {}] }],
  ])("that is %s asks for nothing", async (_name, filter) => {
    expect((await ask("lessons", filter)).data).toEqual({ lessons: { totalCount: 4_000 } });
  });

  it("with no branch to hold finds nothing", async () => {
    expect((await ask("lessons", { or: [] })).data).toEqual({ lessons: { totalCount: 0 } });
  });

  it("asks the same question in any order of its fields: the counts share a statement", async () => {
    const sent = await statementsOf(() =>
      api.data(`{
        a: lessons(filter: { level: { eq: BEGINNER }, kind: { eq: LESSON, in: null } }) { totalCount }
        b: lessons(filter: { kind: { eq: LESSON }, level: { eq: BEGINNER } }) { totalCount }
      }`),
    );
    expect(sent.filter(({ sql: text }) => text.includes("count(*)"))).toHaveLength(1);
  });

  const nested = (depth: number): object => (depth === 1 ? { slug: { eq: "x" } } : { and: [nested(depth - 1)] });
  const many = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
  it.each([
    ["filter.and.0.and.0.and.0.and.0.and.0", "is nested deeper than 5 levels.", nested(6)],
    [
      "filter.tools.some.topics.some.tools.some.topics.some.tools.some",
      "is nested deeper than 5 levels.",
      relationsDeep(),
    ],
    ["filter", "has more than 50 conditions.", { or: many(50, { slug: { eq: "x" } }) }],
    ["filter.or", "must have at most 100 items.", { or: many(101, {}) }],
    ["filter.slug.in", "must have at most 100 items.", { slug: { in: many(101, "x") } }],
    ["filter.title.in", "must have at most 100 items.", { title: { in: many(101, "x") } }],
    ["filter.title.contains", "must be at most 200 characters long.", { title: { contains: "x".repeat(201) } }],
    ["filter.title.contains", "must have at least three letters or digits in a row.", { title: { contains: "a b%_" } }],
    [
      "filter.or.1.title.contains",
      "must have at least three letters or digits in a row.",
      { or: [{}, { title: { contains: "ab" } }] },
    ],
  ])("names what is too much: %s %s", async (path, problem, filter) => {
    const error = expectCode(await ask("lessons", filter), "BAD_USER_INPUT");
    expect(error.message).toBe(`${path} ${problem}`);
    expect(error.extensions).toMatchObject({ argument: path });
  });

  it("may be as large as the limits say", async () => {
    expect((await ask("lessons", nested(5))).errors).toEqual([]);
    expect((await ask("lessons", { or: many(24, { slug: { eq: "lesson-1" } }) })).data).toEqual({
      lessons: { totalCount: 1 },
    });
    expect((await ask("lessons", { slug: { in: many(100, "lesson-1") } })).data).toEqual({
      lessons: { totalCount: 1 },
    });
  });

  it("takes wildcards as what they are", async () => {
    const count = async (filter: object) => (await ask("tools", { name: filter })).data;
    expect(await count({ startsWith: "%" })).toEqual({ tools: { totalCount: 0 } });
    expect(await count({ contains: "age_ts" })).toEqual({ tools: { totalCount: 0 } });
    expect(await count({ contains: "AGENTS" })).not.toEqual({ tools: { totalCount: 0 } });
  });
});

describe("An order of a root list", () => {
  it.each(orders.map(order => ({ ...order, title: `${order.list} by ${JSON.stringify(order.orderBy)}` })))(
    "is read from an index, also after a cursor: $title",
    async ({ list, name, orderBy }) => {
      const query = `query ($after: String, $orderBy: ${name}Order) {
        ${list}(first: 5, after: $after, orderBy: $orderBy) { nodes { id } pageInfo { endCursor hasPreviousPage } }
      }`;
      type Answer = Record<string, { pageInfo: { endCursor: string } }>;
      const first = await api.data<Answer, Record<string, unknown>>(query, { orderBy });
      const after = first[list]?.pageInfo.endCursor;
      const [page] = await statementsOf(() => api.data(query, { orderBy, after }));
      const scans = await scansOf(page as Sql);
      // The page, and whether there is one before it.
      expect(scans.map(scan => scan.condition)).toEqual([true, true]);
      expect(scans.map(scan => scan.isSorted)).toEqual([false, false]);
    },
  );

  it("and its cursors are bound to filter, order and direction", async () => {
    const query = `query ($after: String, $filter: LessonFilter, $orderBy: LessonOrder) {
      lessons(first: 2, after: $after, filter: $filter, orderBy: $orderBy) { pageInfo { endCursor } }
    }`;
    const given = { filter: { level: { eq: "BEGINNER" } }, orderBy: { field: "TITLE" } };
    type Answer = { lessons: { pageInfo: { endCursor: string } } };
    const { lessons } = await api.data<Answer, Record<string, unknown>>(query, given);
    const after = lessons.pageInfo.endCursor;
    await api.data(query, { ...given, after });
    await api.data(query, { ...given, orderBy: null, after }); // The default order, said another way.
    for (const other of [
      { filter: { level: { eq: "ADVANCED" } } },
      { filter: null },
      { orderBy: { field: "TITLE", direction: "DESC" } },
      { orderBy: { field: "LEVEL" } },
    ]) {
      const error = expectCode(await api.execute(query, { ...given, ...other, after }), "BAD_USER_INPUT");
      expect(error.extensions).toMatchObject({ argument: "after" });
    }
  });
});

interface Scan {
  table: string;
  /** Whether an index was told what to look for; without it, all of the table or the index is read. */
  condition: boolean;
  /** Whether a sort stands over it, below the limit. */
  isSorted: boolean;
}

interface Plan {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Cond"?: string;
  Plans?: Plan[];
}

/** The tables that a statement reads, by the planner's choice when it avoids to read them whole if it can. */
async function scansOf(statement: Sql): Promise<Scan[]> {
  const plan = await api.database.transaction(async ({ models, query }) => {
    for (const setting of ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"]) {
      await models.$executeRawUnsafe(`SET LOCAL ${setting} = off`);
    }
    const rows = await query<{ "QUERY PLAN": [{ Plan: Plan }] }>(sql`EXPLAIN (FORMAT JSON) ${statement}`);
    return rows[0]?.["QUERY PLAN"][0].Plan;
  });
  return plan ? scansIn(plan, false) : [];
}

function scansIn(plan: Plan, isSorted: boolean, table = plan["Relation Name"]): Scan[] {
  const type = plan["Node Type"];
  const below = type === "Limit" ? false : isSorted || /Sort/.test(type);
  const inner = (plan.Plans ?? []).flatMap(part => scansIn(part, below, part["Relation Name"] ?? table));
  // A bitmap's conditions stand on the index scans below it.
  if (type === "Bitmap Index Scan" || type === "Index Scan" || type === "Index Only Scan") {
    return [{ table: table ?? "", condition: plan["Index Cond"] !== undefined, isSorted }, ...inner];
  }
  return type === "Seq Scan" ? [{ table: table ?? "", condition: false, isSorted }] : inner;
}

/** The statements, with their parameters, that `work` sends outside of transactions. */
async function statementsOf(work: () => Promise<unknown>): Promise<Sql[]> {
  const spy = jest.spyOn(api.database, "query");
  try {
    await work();
    return spy.mock.calls.map(([statement]) => statement);
  } finally {
    spy.mockRestore();
  }
}

function conditionsOf(input: GraphQLInputObjectType, relations: number): Record<string, unknown>[] {
  return Object.values(input.getFields())
    .filter(({ name }) => !["and", "or", "not"].includes(name))
    .flatMap(({ name, type }) => {
      const inner = getNamedType(type);
      if (!isInputObjectType(inner)) return [true, false].map((value): Record<string, unknown> => ({ [name]: value }));
      const fields = inner.getFields();
      if ("some" in fields || "and" in fields) {
        if (relations === 0) return [];
        const target = "some" in fields ? inputType(getNamedType(fields["some"].type).name) : inner;
        // One simple condition on the other side stands for all of them.
        const [condition] = conditionsOf(target, 0);
        const asked = "some" in fields ? [{ some: condition }, { none: condition }] : [condition];
        return asked.map(value => ({ [name]: value }));
      }
      return Object.values(fields).map(operator => ({ [name]: { [operator.name]: valueOf(operator.type) } }));
    });
}

/** Of an enum the last value, which few rows have: for what most rows have, reading them all is the right plan. */
function valueOf(type: GraphQLInputType): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return [valueOf(nullable.ofType)];
  if (isEnumType(nullable)) return nullable.getValues().at(-1)?.name;
  const values: Readonly<Record<string, unknown>> = {
    ...{ String: "agents", Int: 7, Date: "2026-06-01" },
    ...{ DateTime: "2024-01-02T00:00:00Z", Decimal: "20" },
  };
  return values[getNamedType(nullable).name];
}

function inputType(name: string): GraphQLInputObjectType {
  return schema.getType(name) as GraphQLInputObjectType;
}

function nameOf({ list, filter }: ListCase): string {
  return `${list} ${JSON.stringify(filter)}`;
}

function relationsDeep(): object {
  const slug = { slug: { eq: "x" } };
  return ["tools", "topics", "tools", "topics", "tools"].reduceRight<object>(
    (inner, name) => ({ [name]: { some: inner } }),
    slug,
  );
}
