// Values that do not fit: variables, page sizes, cursors, ids, slugs, text that no database can hold. Refused without being repeated.
import { encodeNodeId } from "../../../src/graphql/node-id";
import { startTestServer, type TestServer } from "../../support/server";
import { canary, expectRefusal } from "../http/refusals";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.close());

const pageQuery =
  "query ($first: Int, $after: String, $last: Int, $before: String) { topics(first: $first, after: $after, last: $last, before: $before) { nodes { slug } pageInfo { endCursor } } }";
const slugQuery = "query ($slug: String!) { topic(by: { slug: $slug }) { slug } }";
const idQuery = "query ($id: ID!) { topic(by: { id: $id }) { slug } }";
const nodeQuery = "query ($id: ID!) { node(id: $id) { id } }";
const nodesQuery = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";

interface Answer {
  data: Record<string, never> | null;
  errors?: unknown;
}

const answerOf = async (query: string, variables: Record<string, unknown>) =>
  (await (await server.post({ query, variables })).json()) as Answer;

/** Refused by a field: 200, with the path of the field, and the argument named. */
async function refuseField(query: string, variables: Record<string, unknown>, argument: string) {
  const { error } = await expectRefusal(await server.post({ query, variables }), 200, "BAD_USER_INPUT");
  expect(error.path).toEqual([expect.any(String)]);
  expect(`${String(error.extensions["argument"])} ${JSON.stringify(error.extensions["arguments"])}`).toContain(
    argument,
  );
  return error;
}

/** Refused before anything ran. */
const refuseRequest = async (query: string, variables: Record<string, unknown>) =>
  expectRefusal(await server.post({ query, variables }), 400, "BAD_USER_INPUT");

describe("A variable that does not fit its type (R6, R16, B9)", () => {
  it.each([
    ["missing", slugQuery, {}],
    ["null where null is not allowed", slugQuery, { slug: null }],
    ["a number for text", slugQuery, { slug: 1234567 }],
    ["an object for text", slugQuery, { slug: { canary } }],
    ["a list for text", slugQuery, { slug: [canary] }],
    ["text for a number", pageQuery, { first: canary }],
    ["a fraction for a whole number", pageQuery, { first: 1.5 }],
    ["a number beyond 32 bits", pageQuery, { first: 2 ** 31 }],
    ["a number beyond 64 bits", pageQuery, { first: 1e300 }],
    ["an object for an id", idQuery, { id: { canary } }],
    ["a list with null", nodesQuery, { ids: [null] }],
    ["text for an input object", "query ($by: TopicBy!) { topic(by: $by) { slug } }", { by: canary }],
    [
      "an unknown key",
      "query ($by: TopicBy!) { topic(by: $by) { slug } }",
      { by: { [canary.replace("-", "")]: canary } },
    ],
    ["both keys of one-of", "query ($by: TopicBy!) { topic(by: $by) { slug } }", { by: { slug: canary, id: canary } }],
    ["no key of one-of", "query ($by: TopicBy!) { topic(by: $by) { slug } }", { by: {} }],
    ["a null key of one-of", "query ($by: TopicBy!) { topic(by: $by) { slug } }", { by: { slug: null } }],
    [
      "an operator object where text belongs",
      "query ($by: TopicBy!) { topic(by: $by) { slug } }",
      { by: { slug: { contains: canary } } },
    ],
  ])("is refused before anything runs, by name: %s", async (_name, query, variables) => {
    const { error } = await refuseRequest(query, variables);
    expect(error.message).toMatch(/^Variable "\$(slug|first|id|ids|by)"/);
  });

  it.each([
    ["of no type of the schema", slugQuery, "slug", '{"a":', "}"],
    [
      "in a type that holds itself",
      "query ($f: TopicFilter) { topics(filter: $f) { totalCount } }",
      "f",
      '{"not":',
      "}",
    ],
    ["in a list of one", "query ($f: TopicFilter) { topics(filter: $f) { totalCount } }", "f", '{"and":[', "]}"],
    ["that is not used", "{ __typename }", "x", "[", "]"],
  ])("is refused when it is nested thousands of levels deep, %s", async (_name, query, name, open, close) => {
    for (const levels of [51, 5_000, 7_000]) {
      const deep = `${open.repeat(levels)}{}${close.repeat(levels)}`;
      const body = `{"query":${JSON.stringify(query)},"variables":{"${name}":${deep}}}`;
      await expectRefusal(await server.post(body), 400, "BAD_USER_INPUT");
    }
  });

  it("is refused with a bounded number of errors when a list holds many", async () => {
    const { body } = await refuseRequest(nodesQuery, { ids: Array.from({ length: 500 }, () => ({ canary })) });
    expect(body.errors.length).toBeLessThanOrEqual(11);
  });
});

describe("A variable without a value where one is needed (R11, B9)", () => {
  it.each([
    ["null over a default", 'query ($id: ID = "VG9waWM6MQ") { node(id: $id) { id } }', { id: null }],
    ["null over a default in a list", 'query ($id: ID = "VG9waWM6MQ") { nodes(ids: [$id]) { id } }', { id: null }],
    ["nothing for one key of one-of", "query ($s: String) { topic(by: { slug: $s }) { slug } }", {}],
    ["null for one key of one-of", "query ($s: String) { topic(by: { slug: $s }) { slug } }", { s: null }],
    [
      "nothing for one of two keys",
      "query ($s: String, $i: ID) { topic(by: { slug: $s, id: $i }) { slug } }",
      { s: "x" },
    ],
    ["null over a default in a directive", "query ($b: Boolean = true) { __typename @include(if: $b) }", { b: null }],
  ])("is the client's mistake: %s", async (_name, query, variables) => {
    const response = await server.post({ query, variables });
    expect([200, 400]).toContain(response.status);
    const code = response.status === 200 || !query.includes("$i:") ? "BAD_USER_INPUT" : "GRAPHQL_VALIDATION_FAILED";
    await expectRefusal(response, response.status, code);
  });
});

describe("A page that cannot be (R8, B10)", () => {
  it.each([-1, 0, 101, 1_000, 2 ** 31 - 1, -(2 ** 31)])("is refused: %d items", async size => {
    for (const argument of ["first", "last"]) {
      const error = await refuseField(pageQuery, { [argument]: size }, argument);
      expect(error.message).toBe(`${argument} must be from 1 to 100.`);
    }
  });

  it("is refused when it is to be both the first and the last", async () => {
    await refuseField(pageQuery, { first: 5, last: 5 }, "last");
  });

  it("is given from 1 to 100 items, and for null as if nothing had been said", async () => {
    for (const first of [1, 100, null])
      expect((await answerOf(pageQuery, { first, last: null })).errors).toBeUndefined();
  });

  it("is refused in a list inside of a list, with the path of the list inside", async () => {
    const query = "{ topics(first: 1) { nodes { slug tools(first: 0) { nodes { slug } } } } }";
    const { error } = await expectRefusal(await server.post({ query }), 200, "BAD_USER_INPUT");
    expect(error.path).toEqual(["topics", "nodes", 0, "tools"]);
  });
});

describe("A cursor that is not of this list (R9, B10)", () => {
  const cursorOf = async (query: string, path: readonly string[]): Promise<string> => {
    const { data } = await answerOf(query, {});
    const value = path.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], data);
    return String(value);
  };
  const topicCursor = () =>
    cursorOf("{ topics(first: 1) { pageInfo { endCursor } } }", ["topics", "pageInfo", "endCursor"]);

  it("is refused when it is made up", async () => {
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const cursors = [
      "",
      " ",
      "0",
      canary,
      "%00",
      "'; DROP TABLE topic; --",
      "x".repeat(10_000),
      encoded([]),
      encoded([1, "x"]),
      encoded({ a: 1 }),
      encoded([2, "AAAAAAAA", 1]),
      encoded(null),
      "\u00e9",
      "=".repeat(8),
    ];
    for (const cursor of cursors) {
      for (const argument of ["after", "before"]) await refuseField(pageQuery, { [argument]: cursor }, argument);
    }
  });

  it("is refused when it belongs to another list", async () => {
    const toolCursor = await cursorOf("{ tools(first: 1) { pageInfo { endCursor } } }", [
      "tools",
      "pageInfo",
      "endCursor",
    ]);
    const error = await refuseField(pageQuery, { after: toolCursor }, "after");
    expect(error.message).toContain("another list");
  });

  it("is refused when somebody changed what is inside", async () => {
    const [version, scope, ...keys] = JSON.parse(Buffer.from(await topicCursor(), "base64url").toString()) as unknown[];
    const changed = [
      [version, scope],
      [version, scope, ...keys, 1],
      [version, scope, ...keys.map(String)],
      [version, scope, ...keys.map(() => null)],
      [version, scope, ...keys.map(() => 2 ** 40)],
      [version, scope, ...keys.map(() => 1.5)],
      [version, scope, ...keys.map(() => ({ canary }))],
      [version, scope, ...keys.map(() => `1); DROP TABLE topic; --`)],
      [7, scope, ...keys],
      [version, "other", ...keys],
    ];
    for (const parts of changed) {
      await refuseField(pageQuery, { after: Buffer.from(JSON.stringify(parts)).toString("base64url") }, "after");
    }
  });

  it("is taken when it is of this list", async () => {
    const { errors } = await answerOf(pageQuery, { first: 1, after: await topicCursor() });
    expect(errors).toBeUndefined();
  });
});

describe("An id (R8, B10, B11)", () => {
  it("that no object can have is refused", async () => {
    const ids = [
      "",
      " ",
      "1",
      canary,
      "VG9waWM6MQ==",
      " VG9waWM6MQ",
      encodeNodeId("topic", 1),
      encodeNodeId("Topic", "1;DROP"),
      encodeNodeId("Topic", ""),
      "x".repeat(5_000),
    ];
    for (const id of ids) {
      await refuseField(nodeQuery, { id }, "id");
      await refuseField(nodesQuery, { ids: [encodeNodeId("Topic", 1), id] }, "ids.1");
      if (id.length <= 200) await refuseField(idQuery, { id }, "id");
    }
  });

  it("that no object has leads to null", async () => {
    for (const id of [
      encodeNodeId("Topic", 2 ** 31 - 1),
      encodeNodeId("Topic", 2 ** 31),
      encodeNodeId("Topic", "0"),
      encodeNodeId("Topic", "01"),
      encodeNodeId("Nothing", 1),
      encodeNodeId("PageInfo", 1),
    ]) {
      expect(await answerOf(nodeQuery, { id })).toEqual({ data: { node: null } });
      expect(await answerOf(idQuery, { id })).toEqual({ data: { topic: null } });
      expect(await answerOf(nodesQuery, { ids: [id] })).toEqual({ data: { nodes: [null] } });
    }
  });

  it("of a tool is never a topic", async () => {
    const { data } = await answerOf("{ tools(first: 1) { nodes { id } } }", {});
    const { tools } = data as unknown as { tools: { nodes: { id: string }[] } };
    const id = tools.nodes[0]?.id;
    expect(await answerOf(nodeQuery, { id })).toEqual({ data: { node: { id } } });
    expect(await answerOf(idQuery, { id })).toEqual({ data: { topic: null } });
  });

  it("is taken a hundred times at most", async () => {
    const ids = Array.from({ length: 101 }, (_, index) => encodeNodeId("Topic", index + 1));
    await refuseField(nodesQuery, { ids }, "ids");
    expect((await answerOf(nodesQuery, { ids: ids.slice(1) })).errors).toBeUndefined();
  });
});

describe("A text (R15, R16, B10)", () => {
  const broken = ["a\0b", "\0", "\ud800", "a\udc00b", "\udfff\ud800"];

  it("with a NUL or broken Unicode is refused wherever it stands", async () => {
    const places: [query: string, variables: (text: string) => Record<string, unknown>, argument: string][] = [
      [slugQuery, slug => ({ slug }), "by.slug"],
      ["query ($by: TopicBy!) { topic(by: $by) { slug } }", slug => ({ by: { slug } }), "by.slug"],
      [idQuery, id => ({ id }), "by.id"],
      [nodeQuery, id => ({ id }), "id"],
      [nodesQuery, id => ({ ids: [encodeNodeId("Topic", 1), id] }), "ids.1"],
      [pageQuery, after => ({ after }), "after"],
      [pageQuery, before => ({ before }), "before"],
    ];
    for (const [query, variables, argument] of places) {
      for (const text of broken) {
        const error = await refuseField(query, variables(text), argument);
        expect(error.message).toBe(`${argument} must not hold NUL characters or broken Unicode.`);
      }
    }
  });

  it("with a NUL is refused in the document as well", async () => {
    const query = '{ topic(by: { slug: "a\\u0000b" }) { slug } }';
    await expectRefusal(await server.post({ query }), 200, "BAD_USER_INPUT");
  });

  it("is refused as a slug when it is empty or longer than any slug", async () => {
    for (const slug of ["", canary.repeat(9)]) await refuseField(slugQuery, { slug }, "slug");
  });

  it("that no object has as its slug leads to null, whatever it means elsewhere", async () => {
    for (const slug of [
      "nothing",
      "%",
      "' OR 1=1 --",
      "\\",
      "🧩",
      "${7*7}",
      "../../etc/passwd",
      "\u202e",
      "x".repeat(80),
    ]) {
      expect(await answerOf(slugQuery, { slug })).toEqual({ data: { topic: null } });
    }
  });
});
