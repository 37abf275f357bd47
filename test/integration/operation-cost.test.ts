// What operations cost: afterwards, one for each object of the answer (and what `@cost` adds); before, at least as much. Any operation the
// schema allows, over random data. LEARNGRAPH_TEST_SEED repeats a run.
import fc from "fast-check";
import { execute, getVariableValues, parse, type OperationDefinitionNode } from "graphql";
import type { Database } from "../../src/db/database";
import { createContext } from "../../src/request/context";
import { AnswerCost, measureOperation } from "../../src/server/operation-cost";
import { buildGraphQLSchema } from "../../src/server/schema";
import { openTestDatabase } from "../support/database";
import { createRandomCatalogue, randomFrom, readCatalogue, type Rows } from "../support/reference/catalogue";
import { operationOf, type Operation } from "../support/reference/operation";
import { createTestServices } from "../support/services";

const seed = Number(process.env["LEARNGRAPH_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`operation-cost.test.ts: LEARNGRAPH_TEST_SEED=${seed}`);

const schema = buildGraphQLSchema();
let database: Database;
let rows: Rows;

beforeAll(async () => {
  database = await openTestDatabase({ golden: "empty" });
  await createRandomCatalogue(database, randomFrom(seed));
  rows = await readCatalogue(database);
});
afterAll(() => database.close());

async function costOf({ text, variables }: Operation) {
  const document = parse(text);
  const operation = document.definitions[0] as OperationDefinitionNode;
  const services = await createTestServices();
  const contextValue = createContext({ database, services, viewer: null, requestId: "test" });
  const { data, errors } = await execute({ schema, document, variableValues: variables, contextValue });
  if (errors) throw errors[0] ?? new Error("errors");
  const { coerced = {} } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  const { cost } = measureOperation(schema, document, operation, coerced);
  return { data, requested: cost, actual: new AnswerCost(schema, document, operation).of(data) };
}

/** Those below `value`, and itself. */
function objectsIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const below = Object.values(value).reduce<number>((total, inner) => total + objectsIn(inner), 0);
  return Array.isArray(value) ? below : 1 + below;
}

describe("The cost of an operation", () => {
  it("is as many objects as its answer holds, and what was asked for is no less", async () => {
    let [most, some] = [0, 0];
    await fc.assert(
      fc.asyncProperty(operationOf(schema, rows), async operation => {
        const { data, requested, actual } = await costOf(operation);
        expect(actual).toBe(objectsIn(data) - 1);
        expect(actual).toBeLessThanOrEqual(requested);
        most = Math.max(most, actual);
        if (actual > 10) some++;
      }),
      { seed, numRuns: 150 },
    );
    expect(most).toBeGreaterThan(30);
    expect(some).toBeGreaterThan(20);
  });

  it("counts what one field adds by itself, wherever it stands", async () => {
    const search = '{ search(query: "a", first: 5) { totalCount } }';
    expect(await costOf({ text: search, variables: {} })).toMatchObject({ requested: 10, actual: 10 });
    const twice = `query Q { ...F again: search(query: "b", first: 5) { totalCount } } fragment F on Query { search(query: "a", first: 5) { totalCount } }`;
    expect(await costOf({ text: twice, variables: {} })).toMatchObject({ requested: 20, actual: 20 });
  });
});
