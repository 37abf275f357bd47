// Any operation that the schema allows, over random data: the answer is that of a naive reference which reads everything, and the
// statements stay within the published bound. LEARNGRAPH_TEST_SEED repeats a run.
import fc from "fast-check";
import { buildGraphQLSchema } from "../../src/server/schema";
import { createTestApi, type TestApi } from "../support/api";
import { statementBound } from "../support/reference/bound";
import {
  addOne,
  createRandomCatalogue,
  learner,
  randomFrom,
  readCatalogue,
  removeOne,
  type Rows,
} from "../support/reference/catalogue";
import { operationOf, rootListOf } from "../support/reference/operation";
import { answer } from "../support/reference/resolvers";

const operations = 1_000;
const catalogues = 4;
const seed = Number(process.env["LEARNGRAPH_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const startedAt = new Date("2026-06-23T12:00:00Z");
const signedIn = { userId: learner, role: "LEARNER", sessionId: "session" } as const;
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
        const viewer = isSignedIn ? signedIn : null;
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

  const list = () =>
    fc.constantFrom("topics", "tools", "lessons", "facts").chain(field =>
      fc.record({
        field: fc.constant(field),
        args: rootListOf(schema, rows, field),
        size: fc.integer({ min: 1, max: 7 }),
        forward: fc.boolean(),
      }),
    );

  interface Page {
    nodes: { id: string }[];
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
  }

  async function page(field: string, args: string): Promise<Page> {
    const text = `{ list: ${field}(${args}) { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
    return (await api.data<{ list: Page }, Record<string, unknown>>(text, {}, { startedAt })).list;
  }

  /** All ids, page by page, in the order of the list whichever way it was walked. */
  async function walk(
    { field, args, size, forward }: { field: string; args: string; size: number; forward: boolean },
    between: () => Promise<void> = async () => undefined,
  ): Promise<string[]> {
    const seen: string[] = [];
    let cursor: string | null = null;
    for (;;) {
      const place: string = cursor === null ? "" : `, ${forward ? "after" : "before"}: "${cursor}"`;
      const { nodes, pageInfo }: Page = await page(field, `${args} ${forward ? "first" : "last"}: ${size}${place}`);
      const ids = nodes.map(({ id }) => id);
      if (forward) seen.push(...ids);
      else seen.unshift(...ids);
      if (!(forward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return seen;
      cursor = forward ? pageInfo.endCursor : pageInfo.startCursor;
      await between();
    }
  }

  const whole = async (field: string, args: string) =>
    (await page(field, `${args} first: 100`)).nodes.map(({ id }) => id);

  it("any filter and order pages forward as the whole list, and backward as its reverse", async () => {
    await fc.assert(
      fc.asyncProperty(list(), async drawn => {
        expect(await walk(drawn)).toEqual(await whole(drawn.field, drawn.args));
      }),
      { numRuns: 60, seed: catalogueSeed },
    );
  }, 300_000);

  it("no page repeats or skips a row that stays, while others are added and removed between pages", async () => {
    const random = randomFrom(catalogueSeed);
    await fc.assert(
      fc.asyncProperty(list(), async drawn => {
        const before = await whole(drawn.field, drawn.args);
        const seen = await walk(drawn, async () => {
          await removeOne(api.database, drawn.field, random);
          await addOne(api.database, drawn.field, random);
        });
        const after = await whole(drawn.field, drawn.args);
        const stayed = before.filter(id => after.includes(id));
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.filter(id => stayed.includes(id))).toEqual(stayed);
      }),
      { numRuns: 30, seed: catalogueSeed },
    );
  }, 300_000);
});
