// Any operation that the schema allows, over random data: the answer is that of a naive reference which reads everything, and the
// statements stay within the published bound. LEARNGRAPH_TEST_SEED repeats a run.
import fc from "fast-check";
import { buildGraphQLSchema } from "../../src/server/schema";
import { createTestApi, type TestApi } from "../support/api";
import { statementBound } from "../support/reference/bound";
import { createRandomCatalogue, randomFrom, readCatalogue, type Rows } from "../support/reference/catalogue";
import { operationOf } from "../support/reference/operation";
import { answer } from "../support/reference/resolvers";

const operations = 1_000;
const catalogues = 4;
const seed = Number(process.env["LEARNGRAPH_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const startedAt = new Date("2026-06-23T12:00:00Z");
const learner = { userId: "00000000-0000-4000-8000-000000000000", role: "LEARNER" } as const;
const schema = buildGraphQLSchema();

console.log(`any-operation.test.ts: LEARNGRAPH_TEST_SEED=${seed}`);

describe.each(Array.from({ length: catalogues }, (_, index) => seed + index))("over catalogue %i", catalogueSeed => {
  let api: TestApi;
  let rows: Rows;

  beforeAll(async () => {
    api = await createTestApi({ golden: "empty", limits: { maxDepth: 40, maxCost: 1_000_000 } });
    await createRandomCatalogue(api.database, randomFrom(catalogueSeed));
    rows = await readCatalogue(api.database);
  });

  afterAll(() => api.close());

  it("any operation gives what the reference gives, within the bound of statements", async () => {
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(operationOf(schema, rows), fc.boolean(), async (operation, isSignedIn) => {
        const viewer = isSignedIn ? learner : null;
        let found: unknown;
        const sent = await api.statements(async () => {
          found = await api.data(operation.text, operation.variables, { startedAt, ...(viewer ? { as: viewer } : {}) });
        });
        const expected = answer(operation.text, operation.variables, { rows, viewer, today: "2026-06-23" });
        expect(found).toEqual(JSON.parse(JSON.stringify(expected)));
        expect(sent.length).toBeLessThanOrEqual(statementBound(schema, operation));
        answered++;
      }),
      { numRuns: operations / catalogues, seed: catalogueSeed },
    );
    expect(answered).toBeGreaterThanOrEqual(operations / catalogues);
  }, 300_000);
});
