// Every relation of the schema, at one parent and at fifty: the same number of statements, and each parent's own rows. And the bound that
// holds for any operation: at most one statement for each distinct (field, arguments), and one for each totalCount.
import fc from "fast-check";
import { getNamedType, isCompositeType, isObjectType } from "graphql";
import { encodeNodeId } from "../../src/graphql/node-id";
import { buildGraphQLSchema } from "../../src/server/schema";
import { createTestApi, expectStatements, type TestApi } from "../support/api";
import { createFiftyParents, type FiftyParents } from "../support/fifty-parents";
import { relations } from "../support/relation-table";

let api: TestApi;
let rows: FiftyParents;

beforeAll(async () => {
  api = await createTestApi({ golden: "empty" });
  rows = await createFiftyParents(api.database);
});

afterAll(() => api.close());

/** Fifty parents of each type; found by name, so that a new type has to be added. */
function parentsOf(type: string): number[] {
  const tables: Readonly<Record<string, readonly { id: number }[]>> = {
    ...{ Topic: rows.topics, TopicSection: rows.sections, Tool: rows.tools, Module: rows.modules },
    ...{ Lesson: rows.lessons, ToolPlan: rows.plans, Fact: rows.facts },
  };
  const ids = (tables[type] ?? []).map(row => row.id);
  // From both ends: facts of tools stand before facts of topics.
  return [...ids.slice(0, 25), ...ids.slice(-25)];
}

function isEmpty(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== "object") return false;
  const inner = Object.values(value as Record<string, unknown>).filter(item => typeof item === "object");
  return Array.isArray(value) ? value.length === 0 : inner.length > 0 && inner.every(isEmpty);
}

describe("the table of relations", () => {
  it("names every field of every Node type that leads to an object, and no other", () => {
    const found = Object.values(buildGraphQLSchema().getTypeMap())
      .filter(isObjectType)
      .filter(type => type.getInterfaces().some(({ name }) => name === "Node"))
      .flatMap(type =>
        Object.values(type.getFields())
          .filter(field => isCompositeType(getNamedType(field.type)))
          .map(field => `${type.name}.${field.name}`),
      )
      // What is kept of a learner is in learning/, what of a user in accounts/, what editors do in editorial.test.ts.
      .filter(path => !/^(Bookmark|User|Revision|AuditEvent)\.|\.(progress|changesSince)$/.test(path));
    const named = Object.entries(relations).flatMap(([type, fields]) =>
      Object.keys(fields).map(field => `${type}.${field}`),
    );
    expect(named.sort()).toEqual(found.sort());
  });
});

const cases = Object.entries(relations).flatMap(([type, fields]) =>
  Object.entries(fields).flatMap(([field, ways]) =>
    ways.map(way => ({ type, field, name: `${type}.${field} ${way.select}`, ...way })),
  ),
);

describe.each(cases)("$name", ({ type, field, select, statements, as, expected }) => {
  const document = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on ${type} { ${field} ${select} } } }`;
  const read = (ids: readonly number[]) =>
    api.data<{ nodes: Record<string, unknown>[] }, { ids: string[] }>(
      document,
      { ids: ids.map(id => encodeNodeId(type, id)) },
      as ? { as } : {},
    );

  it("gives each of fifty parents its own rows, in order", async () => {
    const ids = parentsOf(type);
    expect(ids).toHaveLength(50);
    const wanted = ids.map(id => ({ [field]: expected(id, rows) }));
    expect(wanted.some(value => !isEmpty(value[field]))).toBe(true);
    expect((await read(ids)).nodes).toEqual(wanted);
  });

  it("takes as many statements for fifty parents as for one", async () => {
    const ids = parentsOf(type);
    const full = ids.filter(id => !isEmpty(expected(id, rows)));
    await expectStatements(api, 1 + statements, () => read(full.slice(0, 1)));
    await expectStatements(api, 1 + statements, () => read(ids));
  });
});

describe("aliases", () => {
  it("of one field with the same arguments share a statement, whatever they select", async () => {
    const document = `{ topics(first: 50) { nodes {
      a: tools(first: 2) { nodes { slug } } b: tools(first: 2) { edges { rank node { name } } }
    } } }`;
    await expectStatements(api, 2, () => api.data(document));
    const { topics } = await api.data<
      { topics: { nodes: Record<"a" | "b", { nodes?: object[]; edges?: object[] }>[] } },
      never
    >(document);
    const third = rows.topics.length - 1 - 3;
    expect(topics.nodes[third]?.a.nodes).toHaveLength(2);
    expect(topics.nodes[third]?.b.edges).toHaveLength(2);
  });

  it("of one field with different arguments take one statement each", async () => {
    await expectStatements(api, 4, () =>
      api.data(`{ topics(first: 50) { nodes {
        a: tools(first: 1) { nodes { slug } } b: tools(first: 2) { nodes { slug } } c: tools(last: 1) { nodes { slug } }
      } } }`),
    );
  });

  it("of totalCount with different page arguments share one count", async () => {
    await expectStatements(api, 4, () =>
      api.data(
        `{ topics(first: 50) { nodes { a: tools(first: 1) { totalCount nodes { slug } } b: tools(first: 2) { totalCount nodes { slug } } } } }`,
      ),
    );
  });

  it("of one lookup by the same kind of key share a statement", async () => {
    const [first, second] = rows.tools;
    await expectStatements(api, 1, () =>
      api.data(
        `{ a: tool(by: { slug: "${first?.slug}" }) { name } b: tool(by: { slug: "${second?.slug}" }) { tagline } }`,
      ),
    );
  });
});

describe("any operation", () => {
  interface Drawn {
    text: string;
    /** Distinct (path, arguments) pairs that read, and totalCounts. */
    bound: number;
  }

  const connection = (name: string, child: fc.Arbitrary<Drawn>): fc.Arbitrary<Drawn> =>
    fc
      .record({
        size: fc.integer({ min: 1, max: 3 }),
        end: fc.constantFrom("first", "last"),
        total: fc.boolean(),
        child,
      })
      .map(({ size, end, total, child: inner }) => ({
        text: `${name}(${end}: ${size}) { ${total ? "totalCount " : ""}nodes { ${inner.text} } }`,
        bound: 1 + (total ? 1 : 0) + inner.bound,
      }));
  const plain = (name: string, child: fc.Arbitrary<Drawn>): fc.Arbitrary<Drawn> =>
    child.map(({ text, bound }) => ({ text: `${name} { ${text} }`, bound: bound + 1 }));
  const leaf = fc.constant<Drawn>({ text: "id", bound: 0 });
  /** Some of these fields side by side, each under an alias of its own. */
  const some = (...fields: fc.Arbitrary<Drawn>[]): fc.Arbitrary<Drawn> =>
    fc.array(fc.oneof(...fields), { maxLength: 3 }).map(drawn => ({
      text: ["id", ...drawn.map(({ text }, index) => `f${index}: ${text}`)].join(" "),
      // The same text twice is the same (field, arguments).
      bound: [...new Map(drawn.map(({ text, bound }) => [text, bound])).values()].reduce((a, b) => a + b, 0),
    }));
  const lesson = (child: fc.Arbitrary<Drawn>) =>
    some(
      connection("tools", child),
      connection("topics", leaf),
      plain("module", leaf),
      plain("guideTo", leaf),
      plain("prerequisites", leaf),
    );
  const tool = (child: fc.Arbitrary<Drawn>) =>
    some(plain("guide", child), connection("lessons", child), plain("plans", leaf));
  const topic = some(
    connection("tools", tool(lesson(leaf))),
    connection("lessons", lesson(tool(leaf))),
    connection("modules", some(connection("lessons", lesson(leaf)), plain("topic", leaf))),
    plain("callToAction", fc.constant<Drawn>({ text: "headline", bound: 0 })),
    plain("sections", some(plain("mentionedTools", leaf))),
  );

  it("sends at most one statement for each distinct (field, arguments), and one for each totalCount", async () => {
    await fc.assert(
      fc.asyncProperty(topic, async ({ text, bound }) => {
        const sent = await api.statements(() => api.data(`{ topics(first: 10) { nodes { ${text} } } }`));
        expect(sent.length).toBeLessThanOrEqual(1 + bound);
      }),
      { numRuns: 60 },
    );
  });
});
