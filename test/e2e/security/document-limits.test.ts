// Documents that are not valid or ask for too much: refused before anything runs, each with its code and without a word of internals.
import { startTestServer, type TestServer } from "../../support/server";
import { canary, expectRefusal } from "../http/refusals";

let server: TestServer;
let statements: string[];
let endListening: () => void;

beforeAll(async () => {
  server = await startTestServer();
  statements = [];
  endListening = server.database.onStatement(text => void statements.push(text));
});

afterAll(async () => {
  endListening();
  await server.close();
});

beforeEach(() => {
  statements.length = 0;
});

/** Nothing that is refused here may have cost a statement. */
async function refuse(query: string, code: string, variables?: Record<string, unknown>) {
  const refusal = await expectRefusal(await server.post({ query, variables }), 400, code);
  expect(statements).toEqual([]);
  return refusal;
}

const repeat = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => part(i)).join(" ");
describe("A document that is not GraphQL (R5, B6)", () => {
  it.each([
    ["an open bracket", "{ topics { nodes { slug }"],
    ["an open string", `{ topic(by: { slug: "${canary}`],
    ["a NUL", "{ __typename \0 }"],
    ["half a surrogate pair in a string", '{ topic(by: { slug: "\\uD800" }) { slug } }'],
    ["only a comment", "# nothing"],
    ["two strings where a name belongs", '{ "a" "b" }'],
  ])("is a syntax error: %s", async (_name, query) => {
    const { error } = await refuse(query, "GRAPHQL_PARSE_FAILED");
    expect(error.message).toMatch(/^Syntax Error: /);
  });
});

describe("A document that does not fit the schema (R6, B7)", () => {
  it.each([
    ["an unknown field", "{ topicz { slug } }"],
    ["an unknown field on a type", "{ topics { nodes { passwordHash } } }"],
    ["an unknown argument", "{ topics(where: 1) { totalCount } }"],
    ["an unknown argument field", '{ topic(by: { title: "x" }) { slug } }'],
    ["an unknown type", "query ($x: TopicWhere) { topics(first: $x) { totalCount } }"],
    ["an unknown directive", "{ topics @export { totalCount } }"],
    ["@defer, which is not in the schema", "{ ... @defer { topics { totalCount } } }"],
    ["a literal of a wrong type", `{ topics(first: "${canary}") { totalCount } }`],
    ["an Int literal out of range", "{ topics(first: 2147483648) { totalCount } }"],
    ["a missing required argument", "{ topic { slug } }"],
    ["none of id and slug", "{ topic(by: {}) { slug } }"],
    ["both id and slug", `{ topic(by: { id: "${canary}", slug: "${canary}" }) { slug } }`],
    ["a null slug", "{ topic(by: { slug: null }) { slug } }"],
    ["an undeclared variable", "{ topics(first: $n) { totalCount } }"],
    ["a variable default of a wrong type", `query ($n: Int = "${canary}") { topics(first: $n) { totalCount } }`],
    ["an object without a selection", "{ topics }"],
    ["a cycle of fragments", "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"],
    ["a fragment that spreads itself", "{ ...A } fragment A on Query { __typename ...A }"],
    ["a subscription", "subscription { topics { totalCount } }"],
    ["a mutation", 'mutation { deleteTopic(id: "x") }'],
  ])("is refused: %s", async (_name, query) => {
    await refuse(query, "GRAPHQL_VALIDATION_FAILED");
  });

  it("is told of ten errors at most", async () => {
    const { body } = await refuse(`{ ${repeat(200, i => `nothing${i}`)} }`, "GRAPHQL_VALIDATION_FAILED");
    expect(body.errors.length).toBeLessThanOrEqual(11);
  });
});

describe("A document that is too large (R5, R6, R14, B8)", () => {
  const typenames = (count: number) => repeat(count, i => `a${i}: __typename`);
  const tooLarge: [problem: string, name: string, query: string][] = [
    ["20000 bytes", "spaces and comments", `{ __typename } # ${"x".repeat(20_000)}`],
    ["20000 bytes", "a long string", `{ topic(by: { slug: "${"x".repeat(20_000)}" }) { slug } }`],
    ["200 comments", "empty comments", `${"#\n".repeat(201)}{ __typename }`],
    ["2000 tokens", "the same field again", `{ ${"a ".repeat(2_001)} }`],
    ["60 brackets", "braces", `${"{ a ".repeat(61)}${"}".repeat(61)}`],
    ["60 brackets", "a list value", `{ nodes(ids: ${"[".repeat(61)}${"]".repeat(61)}) { id } }`],
    ["60 brackets", "braces that are never closed", "{a".repeat(9_000)],
    ["60 brackets", "a type", `query ($x: ${"[".repeat(61)}Int${"]".repeat(61)}) { __typename }`],
    ["60 brackets", "brackets after a block string", `{ a(b: """ \\""" """) ${"{ a ".repeat(61)}`],
    ["30 aliases", "objects", `{ ${repeat(31, i => `a${i}: catalogStats { topicCount }`)} }`],
    ["30 aliases", "__typename", `{ ${typenames(31)} }`],
    ["30 aliases", "in a fragment", `{ ...F } fragment F on Query { ${typenames(31)} }`],
    ["20 root fields", "with and without aliases", `{ ${typenames(15)} ${"__typename ".repeat(6)} }`],
    ["20 root fields", "through fragments", `{ ...F ...F ...F } fragment F on Query { ${typenames(7)} }`],
    ["50 directives", "on inline fragments", `{ ${repeat(51, () => "... @include(if: true) { __typename }")} }`],
    [
      "60 definitions",
      "fragments",
      `{ ${repeat(60, i => `...F${i}`)} } ${repeat(60, i => `fragment F${i} on Query { __typename }`)}`,
    ],
    ["10 operations", "with names", repeat(11, i => `query Q${i} { __typename }`)],
    [
      "18 fields deep",
      "in one piece",
      `{ topics { nodes { ${"modules { nodes { topic { ".repeat(5)} slug ${"} } }".repeat(5)} } } }`,
    ],
    [
      "16 fields deep",
      "through fragments",
      `{ topics { nodes { ...A } } }
       fragment A on Topic { modules { nodes { ...B } } }
       fragment B on Module { topic { modules { nodes { topic { ...C } } } } }
       fragment C on Topic { modules { nodes { topic { modules { nodes { topic { modules { totalCount } } } } } } } }`,
    ],
    [
      "introspection too deeply",
      "fields of fields of fields",
      "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }",
    ],
  ];
  it.each(tooLarge)("is refused for %s: %s", async (problem, _name, query) => {
    const operationName = query.includes("query Q0") ? "Q0" : undefined;
    const { error } = await expectRefusal(await server.post({ query, operationName }), 400, "QUERY_TOO_COMPLEX");
    expect(error.message).toContain(problem);
    expect(statements).toEqual([]);
  });

  it("is refused when its fragments double it again and again, before it is spread", async () => {
    const fragments = repeat(30, i => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`);
    const { error } = await refuse(`{ ...F0 } ${fragments} fragment F30 on Query { __typename }`, "QUERY_TOO_COMPLEX");
    expect(error.message).toContain("too many selections");
  });
});

describe("An operation that asks for too many objects (R7, R8, B8)", () => {
  const literal = "{ topics(first: 100) { nodes { tools(first: 100) { nodes { slug } } } } }";
  const withVariable = literal.replaceAll("100", "$n");
  const cases: { name: string; query: string; variables?: Record<string, unknown> }[] = [
    { name: "with literal page sizes", query: literal },
    { name: "with `last`", query: literal.replaceAll("first", "last") },
    {
      name: "through edges",
      query: "{ topics(first: 100) { edges { node { tools(first: 100) { edges { node { slug } } } } } } }",
    },
    { name: "with page sizes from variables", query: `query ($n: Int) ${withVariable}`, variables: { n: 100 } },
    { name: "with page sizes from the variables' defaults", query: `query ($n: Int = 100) ${withVariable}` },
    { name: "with page sizes out of range", query: `query ($n: Int) ${withVariable}`, variables: { n: 2_000_000 } },
    { name: "with page sizes below zero", query: `query ($n: Int) ${withVariable}`, variables: { n: -5 } },
    {
      name: "through fragments",
      query: `{ ...A }
        fragment A on Query { topics(first: 100) { ...B } }
        fragment B on TopicConnection { nodes { ... on Topic { tools(first: 100) { nodes { slug } } } } }`,
    },
    {
      name: "under default page sizes",
      query: "{ topics { nodes { tools { nodes { lessons { nodes { topics { nodes { slug } } } } } } } } }",
    },
    {
      name: "by asking for the same many times",
      query: `{ ${repeat(20, i => `a${i}: topics(first: 100) { nodes { sections { anchor } } }`)} }`,
    },
    {
      name: "under ids from a variable",
      query: "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Topic { tools(first: 100) { nodes { slug } } } } }",
      variables: { ids: Array.from({ length: 100 }, () => "VG9waWM6MQ") },
    },
  ];
  it.each(cases)("is refused $name, and told the cost and the limit", async ({ query, variables }) => {
    const { error } = await refuse(query, "QUERY_TOO_COMPLEX", variables);
    expect(error.extensions["cost"]).toEqual({ requested: expect.any(Number) as number, limit: 10_000 });
  });

  it("pays the same for a page size whether it stands in the document, in a variable or in a default", async () => {
    const costs = await Promise.all(
      [0, 3, 4, 7].map(async index => {
        const { query, variables } = cases[index] ?? { query: "" };
        const { error } = await expectRefusal(await server.post({ query, variables }), 400, "QUERY_TOO_COMPLEX");
        return error.extensions["cost"];
      }),
    );
    expect(new Set(costs.map(cost => JSON.stringify(cost))).size).toBe(1);
  });

  it("is let through when it is an ordinary page of three levels", async () => {
    const query =
      "{ topics(first: 10) { nodes { title tools(first: 8) { nodes { name } } lessons(first: 20) { nodes { title tools(first: 3) { nodes { name } } } } } } }";
    const { data, errors } = (await (await server.post({ query })).json()) as { data: unknown; errors?: unknown };
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      topics: {
        nodes: expect.arrayContaining([expect.objectContaining({ title: expect.any(String) as string })]) as unknown[],
      },
    });
  });
});
