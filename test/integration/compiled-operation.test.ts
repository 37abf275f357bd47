// Queries run compiled give what graphql-js gives, data and errors: any operation the schema allows, over random data, with fields that fail
// in every way a resolver can. LEARNGRAPH_TEST_SEED repeats a run.
import { runInThisContext } from "node:vm";
import fc from "fast-check";
import {
  buildSchema,
  defaultFieldResolver,
  execute,
  getVariableValues,
  isObjectType,
  parse,
  type ExecutionResult,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { createContext } from "../../src/request/context";
import { compileOperation } from "../../src/server/compiled-operation";
import { formatError } from "../../src/server/error-format";
import { buildGraphQLSchema } from "../../src/server/schema";
import { openTestDatabase } from "../support/database";
import { createRandomCatalogue, learner, randomFrom, readCatalogue, type Rows } from "../support/reference/catalogue";
import { operationOf, type Operation } from "../support/reference/operation";
import { createTestServices } from "../support/services";
import type { Database } from "../../src/db/database";
import type { Services } from "../../src/request/services";

const seed = Number(process.env["LEARNGRAPH_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`compiled-operation.test.ts: LEARNGRAPH_TEST_SEED=${seed}`);

let database: Database;
let services: Services;
let rows: Rows;
const schema = buildGraphQLSchema();

beforeAll(async () => {
  database = await openTestDatabase({ golden: "empty" });
  services = await createTestServices();
  await createRandomCatalogue(database, randomFrom(seed));
  rows = await readCatalogue(database);
});
afterAll(() => database.close());

const viewers = [null, { userId: learner, role: "LEARNER", sessionId: "session" }] as const;

async function compare(on: GraphQLSchema, { text, variables }: Operation, isSignedIn: boolean): Promise<Plain> {
  const document = parse(text);
  const operation = document.definitions[0] as OperationDefinitionNode;
  const context = () =>
    createContext({
      database,
      services,
      viewer: viewers[isSignedIn ? 1 : 0],
      requestId: "test",
      startedAt: new Date(0),
    });
  const { coerced, errors } = getVariableValues(on, operation.variableDefinitions ?? [], variables);
  if (!coerced) throw new Error(String(errors));
  const compiled = compileOperation(on, document, operation, coerced);
  if (!compiled) throw new Error("not compiled");
  const expected = plain(await execute({ schema: on, document, variableValues: variables, contextValue: context() }));
  // Twice: what is kept from the first time must be the same the second time.
  for (let time = 0; time < 2; time++) {
    const found = plain(await compiled.execute(context(), coerced));
    expect(found.data).toEqual(expected.data);
    expectSameErrors(found, expected);
  }
  return expected;
}

/** Rejections that nobody handles end the process: noted, in the place of Jest, which takes them for failures. Jest's own `process` hears none. */
function noteRejections() {
  const real = runInThisContext("process") as NodeJS.Process;
  const listeners = real.listeners("unhandledRejection");
  const noted: unknown[] = [];
  real.removeAllListeners("unhandledRejection").on("unhandledRejection", error => noted.push(error));
  return {
    noted,
    stop: async () => {
      await new Promise(resolve => setTimeout(resolve, 200));
      real.removeAllListeners("unhandledRejection");
      for (const listener of listeners) real.on("unhandledRejection", listener);
    },
  };
}

interface Plain {
  data: unknown;
  errors?: { message: string; path: (string | number)[] }[];
}

/** As it goes out. */
const plain = ({ data, errors }: ExecutionResult) => {
  const formatted = errors?.map(error =>
    formatError(error.toJSON(), error, { requestId: "", onFault: () => undefined }),
  );
  return JSON.parse(JSON.stringify({ data, ...(formatted ? { errors: formatted } : {}) })) as Plain;
};

/**
 * Each null has its error. Where several fields below one null have failed, it is nobody's promise which of them are told
 * (https://spec.graphql.org/October2021/#sec-Handling-Field-Errors).
 */
function expectSameErrors(found: Plain, expected: Plain): void {
  const [ours, theirs] = [found, expected].map(byNull) as [Map<string, string[]>, Map<string, string[]>];
  expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
  for (const [place, errors] of ours) {
    const isOwn = (error: string) =>
      (JSON.parse(error) as Plain["errors"] & { path: string[] }).path.join(".") === place;
    if (errors.every(isOwn)) expect(errors).toEqual(theirs.get(place));
  }
}

/** Errors by the place of the null that stands for them. */
function byNull({ data, errors = [] }: Plain): Map<string, string[]> {
  const places = new Map<string, string[]>();
  for (const error of errors) {
    let [at, depth] = [data, 0];
    while (at !== null && depth < error.path.length) {
      at = (at as Record<string | number, unknown>)[error.path[depth] as string] ?? null;
      depth++;
    }
    const place = error.path.slice(0, depth).join(".");
    places.set(place, [...(places.get(place) ?? []), JSON.stringify(error)]);
  }
  return places;
}

const failures = [
  () => {
    throw new Error("thrown");
  },
  () => new Error("returned"),
  () => Promise.reject(new Error("rejected")),
  () => Promise.resolve(new Error("resolved")),
  () => null,
  () => undefined,
  () => Promise.resolve(null),
  () => ({ neither: "this nor that" }),
  () => 7,
] as const;

/** The schema with fields that fail now and then: always the same ones for the same `seed`. */
function failing(failureSeed: number): GraphQLSchema {
  const broken = buildGraphQLSchema();
  for (const type of Object.values(broken.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    for (const field of Object.values(type.getFields())) {
      const { resolve = defaultFieldResolver } = field;
      field.resolve = (source, args, ctx, info) => {
        const draw = hash(`${failureSeed} ${pathOf(info)}`);
        if (draw % 12 > 0) return resolve(source, args, ctx, info);
        return failures[Math.floor(draw / 12) % failures.length]?.();
      };
    }
  }
  return broken;
}

function pathOf({ path }: GraphQLResolveInfo): string {
  const keys: (string | number)[] = [];
  for (let at: typeof path | undefined = path; at; at = at.prev) keys.unshift(at.key);
  return keys.join(".");
}

const hash = (text: string): number =>
  Array.from(text).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);

describe("compileOperation", () => {
  it("gives the result of graphql-js for any operation", async () => {
    await fc.assert(
      fc.asyncProperty(operationOf(schema, rows), fc.boolean(), async (operation, isSignedIn) => {
        await compare(schema, operation, isSignedIn);
      }),
      { numRuns: 300, seed },
    );
  }, 300_000);

  it("gives the errors of graphql-js, and null where it does, for fields that fail", async () => {
    let failed = 0;
    // graphql-js leaves some behind, where one item of a list fails while others are still waited for.
    const rejections = noteRejections();
    const schemas = Array.from({ length: 8 }, (_, index) => failing(seed + index));
    await fc.assert(
      fc.asyncProperty(operationOf(schema, rows), fc.constantFrom(...schemas), async (operation, broken) => {
        const { errors } = await compare(broken, operation, false);
        if (errors?.length) failed++;
      }),
      { numRuns: 300, seed },
    );
    await rejections.stop();
    expect(failed).toBeGreaterThan(50);
  }, 300_000);

  it("leaves no rejection behind, which would end the process", async () => {
    const rejections = noteRejections();
    const broken = buildSchema("type Query { items: [Item!] } type Item { value: Int! }");
    const later = () => new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error("later")), 10));
    const items = [{ value: later }, { value: () => null }, { value: later }];
    broken.getQueryType()!.getFields()["items"]!.resolve = () => items;
    const document = parse("{ items { value } }");
    const operation = document.definitions[0] as OperationDefinitionNode;
    const result = await compileOperation(broken, document, operation, {})?.execute({}, {});
    expect(JSON.parse(JSON.stringify(result))).toMatchObject({
      data: { items: null },
      errors: [{ path: ["items", 1, "value"] }],
    });
    await rejections.stop();
    expect(rejections.noted).toEqual([]);
  });

  it.each([
    ["introspection", "{ __schema { types { name } } }"],
    ["the type of a type", '{ __type(name: "Topic") { name } }'],
    ["a mutation", 'mutation { bookmark(input: { id: "VG9waWM6MQ" }) { userErrors { code } } }'],
    ["a name that is the prototype's", "{ __proto__: __typename }"],
  ])("leaves %s to graphql-js", (_what, text) => {
    const document = parse(text);
    expect(compileOperation(schema, document, document.definitions[0] as OperationDefinitionNode, {})).toBeNull();
  });
});
