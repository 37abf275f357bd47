// GraphQL over HTTP as its specification audits it, and the twelve checks of the scanner graphql-cop, against a server as production has it.
import { serverAudits, type Audit } from "graphql-http";
import { startTestServer, type TestServer } from "../../support/server";
import { expectRefusal } from "../http/refusals";

let server: TestServer;
let open: TestServer;
beforeAll(async () => {
  server = await startTestServer({ introspection: false });
  // Some audits ask for the name of a type.
  open = await startTestServer({ beside: server });
});
afterAll(async () => {
  await open.close();
  await server.close();
});

const preflight = { "apollo-require-preflight": "1" };

/** @param headers that go with each request, beside those of the audit */
const auditsOf = (headers: Record<string, string>): Audit[] =>
  serverAudits({
    url: () => `${open.url}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers } }),
  });

/** The reason why an audit has not passed; undefined when it has. */
async function complaint(audit: Audit): Promise<string | undefined> {
  const result = await audit.fn();
  return result.status === "ok" ? undefined : result.reason;
}

describe("GraphQL over HTTP, for clients that say what a form cannot (R3, R12)", () => {
  it.each(auditsOf(preflight).map(audit => ({ name: `${audit.id} ${audit.name}`, audit })))(
    "$name",
    async ({ audit }) => {
      expect(await complaint(audit)).toBeUndefined();
    },
  );
});

it("without that header, the audits that send a query with GET are refused, as any page could send them, and no other (R3)", async () => {
  const audits = auditsOf({});
  const complaints = await Promise.all(audits.map(complaint));
  const failed = audits.filter((_, index) => complaints[index] !== undefined).map(({ id }) => id);
  expect(audits).toHaveLength(61);
  // MAY accept application/x-www-form-urlencoded formatted GET requests; twice: MAY allow URL-encoded JSON string {variables} in GETs.
  expect(failed.sort()).toEqual(["5A70", "6A70", "D6D5"]);
});

describe("A client that accepts application/json alone gets 200 for a request that is well-formed (B6, B7, B8, B9)", () => {
  it.each([
    ["GRAPHQL_PARSE_FAILED", { query: "{" }],
    ["GRAPHQL_VALIDATION_FAILED", { query: "{ nothing }" }],
    ["QUERY_TOO_COMPLEX", { query: "{a".repeat(61) }],
    ["QUERY_TOO_COMPLEX", { query: "{ topics(first: 100) { nodes { tools(first: 100) { nodes { slug } } } } }" }],
    ["BAD_USER_INPUT", { query: "query ($n: Int) { topics(first: $n) { totalCount } }", variables: { n: "x" } }],
  ])("%s", async (code, body) => {
    await expectRefusal(await server.post(body, { accept: "application/json" }), 200, code);
    for (const accept of [
      "*/*",
      "application/graphql-response+json",
      "application/json, application/graphql-response+json",
    ]) {
      await expectRefusal(await server.post(body, { accept }), 400, code);
    }
  });

  it("and 400 for one that is not", async () => {
    for (const body of ["{", "[]", {}]) {
      await expectRefusal(await server.post(body, { accept: "application/json" }), 400, "BAD_REQUEST");
    }
  });
});

describe("graphql-cop", () => {
  const repeat = (count: number, part: (index: number) => string) =>
    Array.from({ length: count }, (_, i) => part(i)).join(" ");
  const get = (query: string) => fetch(`${server.url}/graphql?${new URLSearchParams({ query }).toString()}`);
  const circle = `{ __schema { types ${"{ fields { type ".repeat(5)}{ name }${" } }".repeat(5)} } }`;

  const checks: [name: string, ask: () => Promise<Response>, status: number, code: string][] = [
    [
      "alias overloading (R6)",
      () => server.post({ query: `{ ${repeat(101, i => `alias${i}: __typename`)} }` }),
      400,
      "QUERY_TOO_COMPLEX",
    ],
    [
      "array-based query batching (R4, B2)",
      () => server.post(Array.from({ length: 10 }, () => ({ query: "{ __typename }" }))),
      400,
      "BAD_REQUEST",
    ],
    [
      "field duplication (R6)",
      () => server.post({ query: `query cop { ${"__typename ".repeat(500)} }` }),
      400,
      "QUERY_TOO_COMPLEX",
    ],
    [
      "directive overloading (R6)",
      () => server.post({ query: `query cop { __typename ${"@aa".repeat(10)} }` }),
      400,
      "GRAPHQL_VALIDATION_FAILED",
    ],
    [
      "introspection (R14)",
      () => server.post({ query: "{ __schema { types { name } } }" }),
      400,
      "GRAPHQL_VALIDATION_FAILED",
    ],
    ["field suggestions (R14)", () => server.post({ query: "{ topicss { slug } }" }), 400, "GRAPHQL_VALIDATION_FAILED"],
    ["queries by GET (R3)", () => get("query cop { __typename }"), 400, "BAD_REQUEST"],
    ["mutations by GET (R3)", () => get("mutation { __typename }"), 400, "BAD_REQUEST"],
    [
      "a form by POST (R3, B4)",
      () => server.post("query=%7B__typename%7D", { "content-type": "application/x-www-form-urlencoded" }),
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    [
      "tracing and debug modes (R13)",
      () => server.post({ query: "query cop { __typename", extensions: { tracing: true } }),
      400,
      "GRAPHQL_PARSE_FAILED",
    ],
    [
      "an IDE at a well-known address (R14)",
      () => fetch(`${server.url}/graphql`, { headers: { accept: "text/html" } }),
      400,
      "BAD_REQUEST",
    ],
  ];
  it.each(checks)("finds no %s", async (_name, ask, status, code) => {
    const { body, error } = await expectRefusal(await ask(), status, code);
    expect(Object.keys(body)).toEqual(["errors"]);
    expect(Object.keys(error.extensions)).toEqual(["code"]);
    expect(error.message).not.toMatch(/did you mean|topics\b/i);
  });

  it("finds no circular query by introspection, where it is closed and where it is open (R6, R14)", async () => {
    for (const [of, codes] of [
      [server, ["GRAPHQL_VALIDATION_FAILED", "QUERY_TOO_COMPLEX"]],
      [open, ["QUERY_TOO_COMPLEX"]],
    ] as const) {
      const { errors, ...rest } = (await (await of.post({ query: circle })).json()) as {
        errors: { message: string; extensions: { code: string } }[];
      };
      expect(rest).toEqual({});
      expect([...new Set(errors.map(({ extensions }) => extensions.code))].sort()).toEqual(codes);
      expect(errors.map(({ message }) => message).join()).not.toMatch(/apollo/i);
    }
  });

  it("finds an operation of many directives refused that is valid otherwise (R6)", async () => {
    const query = `{ ${repeat(51, () => "... @include(if: true) { __typename }")} }`;
    await expectRefusal(await server.post({ query }), 400, "QUERY_TOO_COMPLEX");
  });
});

describe("A server in production tells nobody its schema (R14)", () => {
  it.each([
    ["a field", { query: "{ topicz { slug } }" }],
    ["a field of a type", { query: "{ topics { nodes { slugg } } }" }],
    ["an argument", { query: "{ topics(firs: 1) { totalCount } }" }],
    ["a type", { query: "query ($x: Topik) { __typename }" }],
    ["a fragment's type", { query: "{ ... on Topik { slug } }" }],
    ["an enum", { query: "{ lessons(filter: { level: { eq: BEGINER } }) { totalCount } }" }],
    [
      "an enum in a variable",
      {
        query: "query ($f: LessonFilter) { lessons(filter: $f) { totalCount } }",
        variables: { f: { level: { eq: "BEGINER" } } },
      },
    ],
    ["an input field", { query: '{ topic(by: { slugg: "x" }) { slug } }' }],
    [
      "an input field in a variable",
      { query: "query ($b: TopicBy!) { topic(by: $b) { slug } }", variables: { b: { slugg: "x" } } },
    ],
    ["a directive", { query: "{ __typename @includ(if: true) }" }],
    ["a mutation", { query: "mutation { signInn { userErrors { code } } }" }],
  ])("by a guess at the name of %s", async (_name, body) => {
    const text = await (await server.post(body)).text();
    expect(text).toContain('"errors"');
    expect(text).not.toMatch(/did you mean|BEGINNER\b|"(topics|slug|first)\\?"/i);
  });

  it.each(["{ __schema { queryType { name } } }", '{ __type(name: "Topic") { name } }'])(
    "by %s, in a fragment or beside others",
    async query => {
      const inner = query.slice(1, -1);
      for (const asked of [
        query,
        `{ __typename ${inner} }`,
        `{ ...F } fragment F on Query { ${inner} }`,
        `query A { __typename } query B { ${inner} }`,
      ]) {
        const body = { query: asked, ...(asked.includes("query B") ? { operationName: "B" } : {}) };
        await expectRefusal(await server.post(body), 400, "GRAPHQL_VALIDATION_FAILED");
      }
    },
  );

  it("by a page for people", async () => {
    for (const path of ["/", "/playground", "/graphiql", "/altair", "/voyager", "/sandbox"]) {
      await expectRefusal(await fetch(`${server.url}${path}`, { headers: { accept: "text/html" } }), 404, "NOT_FOUND");
    }
  });
});
