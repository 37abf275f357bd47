// What leaves of an error, through Apollo with a small schema of its own: our errors as they are, faults masked, values never repeated.
import { randomUUID } from "node:crypto";
import { buildSchema, GraphQLError, type GraphQLFormattedError } from "graphql";
import type { Database } from "../../src/db/database";
import { AppError, badInput } from "../../src/errors/app-error";
import { createContext } from "../../src/request/context";
import type { Services } from "../../src/request/services";
import { httpStatus } from "../../src/server/error-format";
import { createGraphQLServer } from "../../src/server/graphql-server";
import { createTestLog } from "../support/log";

const secret = "hunter2-Zq7";
const schema = buildSchema(`
  enum Color { VIOLET GREEN }
  input Credentials { email: String! password: String! color: Color age: Int }
  type Query {
    signIn(input: Credentials!): String
    paint(color: Color!): String
    count(n: Int!, list: [Int!]): Int
    fail(how: String): String
    needed(how: String): String!
  }
`);

const failures: Record<string, () => unknown> = {
  known: () => new AppError("CONFLICT", "It changed.", { argument: "x" }, { cause: new Error(secret) }),
  input: () => badInput("how", "is wrong."),
  plain: () => new Error(`password ${secret} at /srv/app/src/x.ts`),
  text: () => secret,
  graphql: () => new GraphQLError(`SELECT ${secret}`),
  ownCode: () => new GraphQLError(secret, { extensions: { code: "INTERNAL_SERVER_ERROR", stacktrace: [secret] } }),
  foreignCode: () => new GraphQLError(secret, { extensions: { code: "SOMETHING_ELSE" } }),
  away: () => Object.assign(new Error(`connect ECONNREFUSED ${secret}`), { code: "ECONNREFUSED" }),
};

const { log: logger, lines: log } = createTestLog();
const server = createGraphQLServer({
  schema,
  limits: { maxDepth: 15, maxCost: 10_000 },
  introspection: false,
  operationTimeoutMs: 9_000,
  explain: false,
  log: logger,
});
const fail = ({ how }: { how: string }) => {
  throw failures[how]?.();
};

beforeAll(() => {
  for (const name of ["fail", "needed"]) {
    const field = schema.getQueryType()?.getFields()[name];
    if (field) field.resolve = (_source, args: { how: string }) => fail(args);
  }
});

afterAll(() => server.stop());

beforeEach(() => {
  log.length = 0;
});

async function run(query: string, variables: Record<string, unknown> = {}) {
  const requestId = randomUUID();
  const { body, http } = await server.executeOperation(
    { query, variables },
    { contextValue: createContext({ database: {} as Database, services: {} as Services, viewer: null, requestId }) },
  );
  if (body.kind !== "single") throw new Error("an answer in parts");
  const errors = JSON.parse(JSON.stringify(body.singleResult.errors ?? [])) as GraphQLFormattedError[];
  return { errors, requestId, status: http.status, text: JSON.stringify(body.singleResult) };
}

describe("An error of ours", () => {
  it("arrives with its message, code and details, and without its cause", async () => {
    const { errors, text } = await run('{ fail(how: "known") }');
    expect(errors).toEqual([
      {
        message: "It changed.",
        path: ["fail"],
        locations: [expect.anything()],
        extensions: { argument: "x", code: "CONFLICT" },
      },
    ]);
    expect(text).not.toContain(secret);
    expect(log).toEqual([]);
  });

  it("keeps its code when a field that must not be null fails", async () => {
    const { errors } = await run('{ needed(how: "input") }');
    expect(errors).toMatchObject([{ message: "how is wrong.", extensions: { code: "BAD_USER_INPUT" } }]);
  });
});

describe("A fault (R11, R13, B17)", () => {
  it.each(["plain", "text", "graphql", "ownCode", "foreignCode"])("is masked: %s", async how => {
    const { errors, requestId, text } = await run("query ($how: String) { fail(how: $how) }", { how });
    expect(errors).toEqual([
      {
        message: "Internal server error",
        path: ["fail"],
        locations: [expect.anything()],
        extensions: { code: "INTERNAL_SERVER_ERROR", requestId },
      },
    ]);
    expect(text).not.toContain(secret);
    expect(log).toHaveLength(1);
    expect(log[0]).toContain(requestId);
    expect(log[0]).toContain(secret);
  });

  it("of the database's connection makes the whole answer one to try again", async () => {
    const { errors, status, text } = await run('{ fail(how: "away") }');
    expect(errors).toMatchObject([{ extensions: { code: "SERVICE_UNAVAILABLE" } }]);
    expect(status).toBe(503);
    expect(text).not.toContain(secret);
    expect(log.join("")).toContain("ECONNREFUSED");
  });
});

describe("A value that does not fit", () => {
  const signIn = "query ($input: Credentials!) { signIn(input: $input) }";
  const good = { email: "a@example.org", password: secret };

  it.each([
    ["an unknown enum value", { ...good, color: secret }, '"input.color"'],
    ["an enum value of the wrong case", { ...good, color: "red" }, '"input.color"'],
    ["an enum value that is no text", { ...good, color: 7 }, 'Enum "Color" cannot represent'],
    ["a number out of range", { ...good, age: 2 ** 31 }, "Int cannot represent non 32-bit signed integer value"],
    ["text for a number", { ...good, age: secret }, "Int cannot represent non-integer value"],
    ["a field that is missing", { password: secret }, 'Field "email" of required type "String!" was not provided'],
    ["a field that is unknown", { ...good, passwort: secret }, 'Field "passwort" is not defined by type "Credentials"'],
    ["a null", { ...good, email: null }, 'Expected non-nullable type "String!" not to be null'],
    ["text for the whole", secret, 'Expected type "Credentials" to be an object'],
    [
      "text with what looks like the end of the message",
      { ...good, age: '"; Password must be a hunter2' },
      'at "input.age": Int cannot',
    ],
    [
      "a key with what looks like a place",
      { ...good, [`x" at "${secret}`]: 1 },
      'Variable "$input" has an invalid value',
    ],
  ])("is refused with what was expected and where, and is not repeated: %s", async (_name, input, expected) => {
    const { errors, status, text } = await run(signIn, { input });
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    expect(errors[0]?.message).toContain(expected);
    expect(text).not.toContain("hunter2");
    expect(text).not.toMatch(/did you mean|VIOLET|GREEN/i);
    expect(log).toEqual([]);
  });

  it.each([
    ["text for a number", `{ count(n: "${secret}") }`, "Int cannot represent non-integer value."],
    ["a number out of range", "{ count(n: 123456789012) }", "Int cannot represent non 32-bit signed integer value."],
    ["text for an enum", `{ paint(color: "${secret}") }`, 'Enum "Color" cannot represent non-enum value.'],
    ["text for an object", `{ signIn(input: "${secret}") }`, 'Expected value of type "Credentials!".'],
  ])("is refused in the document in the same way: %s", async (_name, query, expected) => {
    const { errors, text } = await run(query);
    expect(errors).toMatchObject([{ message: expected, extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
    expect(text).not.toMatch(/hunter2|123456789012/);
  });

  it("is the client's mistake too when graphql-js finds it only while it executes", async () => {
    const { errors } = await run("query ($n: Int = 1) { count(n: $n) }", { n: null });
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    const many = await run("query ($list: [Int!]) { count(n: 1, list: $list) }", {
      list: Array<string>(60).fill(secret),
    });
    expect(many.errors).toHaveLength(11);
    for (const error of many.errors) expect(error.extensions?.["code"]).toBe("BAD_USER_INPUT");
    expect(many.text).not.toContain(secret);
  });
});

describe("A server whose schema is closed (R14)", () => {
  it("suggests no names and shows no schema", async () => {
    for (const query of [
      "{ pain(color: VIOLET) }",
      "{ paint(colour: RED) }",
      "{ paint(color: GREED) }",
      "{ __schema { types { name } } }",
      '{ __type(name: "Query") { name } }',
    ]) {
      const { errors, text } = await run(query);
      expect(errors.length).toBeGreaterThan(0);
      expect(text).not.toMatch(/did you mean|Credentials|signIn|GREEN/i);
      for (const error of errors) expect(error.extensions?.["code"]).toBe("GRAPHQL_VALIDATION_FAILED");
    }
  });
});

describe("The HTTP status of a code", () => {
  it("is a client's or a server's error, and a server's only for our faults and our absence", () => {
    const serverErrors = Object.entries(httpStatus).filter(([, status]) => status >= 500);
    expect(Object.fromEntries(serverErrors)).toEqual({ INTERNAL_SERVER_ERROR: 500, SERVICE_UNAVAILABLE: 503 });
    for (const status of Object.values(httpStatus)) expect(status).toBeGreaterThanOrEqual(400);
  });
});
