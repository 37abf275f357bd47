// Queries run compiled give what graphql-js gives: any operation the schema allows, over random data. What has errors, with fields that fail in
// every way a resolver can, is left to graphql-js. LEARNGRAPH_TEST_SEED repeats a run.
import { runInThisContext } from "node:vm";
import fc from "fast-check";
import {
  buildSchema,
  defaultFieldResolver,
  execute,
  getVariableValues,
  isObjectType,
  parse,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { createContext } from "../../src/request/context";
import { compileOperation } from "../../src/server/compiled-operation";
import { AnswerCost } from "../../src/server/operation-cost";
import { buildGraphQLSchema } from "../../src/server/schema";
import { openTestDatabase } from "../support/database";
import { createRandomCatalogue, learner, randomFrom, readCatalogue, type Rows } from "../support/reference/catalogue";
import { operationOf, type Operation } from "../support/reference/operation";
import { createTestServices } from "../support/services";
import type { Database } from "../../src/db/database";
import type { PoolState } from "../../src/db/driver";
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

/** @returns whether graphql-js found errors. */
async function compare(on: GraphQLSchema, { text, variables }: Operation, isSignedIn: boolean): Promise<boolean> {
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
  const expected = await execute({ schema: on, document, variableValues: variables, contextValue: context() });
  // Twice: what is kept from the first time must be the same the second time.
  for (let time = 0; time < 2; time++) {
    const written = await compiled.execute(context(), coerced);
    if (expected.errors) expect(written).toBeNull();
    else {
      const cost = new AnswerCost(on, document, operation).of(expected.data);
      // To the letter: also in the order of fields, and in what is escaped.
      expect(written).toEqual({ json: JSON.stringify(expected.data), cost });
    }
  }
  return expected.errors !== undefined;
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
      // What is still read may be what the last ones wait for.
      const isReading = ({ total, idle }: PoolState) => idle < total;
      while (isReading(database.poolState())) await new Promise(resolve => setTimeout(resolve, 10));
      await new Promise(resolve => setTimeout(resolve, 200));
      real.removeAllListeners("unhandledRejection");
      for (const listener of listeners) real.on("unhandledRejection", listener);
    },
  };
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
  it("writes the result of graphql-js, and counts its cost, for any operation", async () => {
    await fc.assert(
      fc.asyncProperty(operationOf(schema, rows), fc.boolean(), async (operation, isSignedIn) => {
        await compare(schema, operation, isSignedIn);
      }),
      { numRuns: 300, seed },
    );
  }, 300_000);

  it("leaves everything to graphql-js that has an error, whatever way a field fails, and nothing else", async () => {
    const counts = { failed: 0, fine: 0 };
    // graphql-js leaves some behind, where one item of a list fails while others are still waited for.
    const rejections = noteRejections();
    const schemas = Array.from({ length: 8 }, (_, index) => failing(seed + index));
    await fc.assert(
      fc.asyncProperty(operationOf(schema, rows), fc.constantFrom(...schemas), async (operation, broken) => {
        counts[(await compare(broken, operation, false)) ? "failed" : "fine"]++;
      }),
      { numRuns: 300, seed },
    );
    await rejections.stop();
    expect(counts.failed).toBeGreaterThan(50);
    expect(counts.fine).toBeGreaterThan(20);
  }, 300_000);

  it("leaves no rejection behind, which would end the process", async () => {
    const rejections = noteRejections();
    const broken = buildSchema("type Query { items: [Item!] } type Item { value: Int! }");
    const later = () => new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error("later")), 10));
    const items = [{ value: later }, { value: () => null }, { value: later }];
    broken.getQueryType()!.getFields()["items"]!.resolve = () => items;
    const document = parse("{ items { value } }");
    const operation = document.definitions[0] as OperationDefinitionNode;
    expect(await compileOperation(broken, document, operation, {})!.execute({}, {})).toBeNull();
    await rejections.stop();
    expect(rejections.noted).toEqual([]);
  });

  it("writes parts that come later where they belong", async () => {
    const types = "type Query { items: [Item!]! last: Int } type Item { n: Int! inner: [Int] item: Item }";
    const delayed = buildSchema(types);
    const after = <T>(ms: number, value: T) => new Promise<T>(resolve => setTimeout(() => resolve(value), ms));
    const item = (n: number) => ({ n, inner: () => after(20 - n * 5, [after(n, n), null, after(9 - n, -n)]) });
    delayed.getQueryType()!.getFields()["items"]!.resolve = () =>
      after(1, [item(1), after(30, { ...item(2), item: () => after(5, item(3)) }), item(4)]);
    const document = parse(
      "{ first: __typename items { n inner item { inner n __typename } } last __proto__: __typename }",
    );
    const operation = document.definitions[0] as OperationDefinitionNode;
    const { data } = await execute({ schema: delayed, document });
    const written = await compileOperation(delayed, document, operation, {})!.execute({}, {});
    expect(written?.json).toBe(JSON.stringify(data));
  });

  it.each([
    ["introspection", "{ __schema { types { name } } }"],
    ["the type of a type", '{ __type(name: "Topic") { name } }'],
    ["a mutation", 'mutation { bookmark(input: { id: "VG9waWM6MQ" }) { userErrors { code } } }'],
  ])("leaves %s to graphql-js", (_what, text) => {
    const document = parse(text);
    expect(compileOperation(schema, document, document.definitions[0] as OperationDefinitionNode, {})).toBeNull();
  });
});
