// Answers are kept until something they were made from changes, whoever changes it, and go out with what browsers and CDNs need to keep them.
// LEARNGRAPH_TEST_SEED repeats a run.
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { sql, trustedSql } from "../../../src/db/sql";
import { buildGraphQLSchema } from "../../../src/server/schema";
import { heardAll } from "../../support/heard-changes";
import {
  addOne,
  createRandomCatalogue,
  randomFrom,
  readCatalogue,
  removeOne,
  type Rows,
} from "../../support/reference/catalogue";
import { operationOf, type Operation } from "../../support/reference/operation";
import { startTestServer, type TestServer } from "../../support/server";
import { authorizationOf, createViewer } from "../../support/signed-in";
import { statementsOf } from "../../support/statements";

const seed = Number(process.env["LEARNGRAPH_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`response-cache.test.ts: LEARNGRAPH_TEST_SEED=${seed}`);

describe("any answer, with any change between", () => {
  const schema = buildGraphQLSchema();
  let server: TestServer;
  /** The same, without a cache. */
  let fresh: TestServer;
  let rows: Rows;

  beforeAll(async () => {
    const limits = { maxDepth: 40, maxCost: 1_000_000 };
    server = await startTestServer({ golden: "empty", limits });
    fresh = await startTestServer({
      beside: server,
      limits,
      responseCacheBytes: 0,
      sharedBatches: false,
      compiledQueries: false,
    });
    await createRandomCatalogue(server.database, randomFrom(seed));
    rows = await readCatalogue(server.database);
    await heardAll(server.database);
  });
  afterAll(async () => {
    await fresh.close();
    await server.close();
  });

  const ask = async (of: TestServer, { text, variables }: Operation) => {
    const response = await of.post({ query: text, variables });
    return { text: await response.text(), isKept: response.headers.has("cache-status") };
  };

  /** One column of one row, by plain SQL. */
  const columns = [
    ["topic", "title"],
    ["topic", "position"],
    ["topic_section", "heading"],
    ["topic_tool", "rank"],
    ["tool", "name"],
    ["tool_plan", "name"],
    ["fact", "statement"],
    ["module", "title"],
    ["lesson", "title"],
    ["lesson", "position"],
    ["lesson_topic", "position"],
    ["lesson_tool", "position"],
    ["call_to_action", "headline"],
  ] as const;
  const isNumber = (column: string) => column === "position" || column === "rank";

  let changes = 1_000;
  async function change(draw: number): Promise<void> {
    const random = randomFrom(changes++);
    const lists = ["topics", "tools", "lessons", "facts"];
    const list = lists[draw % lists.length] ?? "topics";
    if (draw % 5 === 0) return removeOne(server.database, list, random);
    if (draw % 5 === 1) return addOne(server.database, list, random);
    const [table, column] = columns[draw % columns.length] ?? columns[0];
    const [name, target] = [trustedSql(`"${table}"`), trustedSql(`"${column}"`)];
    const value = isNumber(column)
      ? sql`${target} + 1000 * (1 + (${draw}::integer % 7))`
      : sql`left(${`X${draw % 13} `}::text || ${target}, 60)`;
    await server.database.query(sql`
      UPDATE ${name} SET ${target} = ${value} WHERE ctid = (SELECT ctid FROM ${name} OFFSET ${draw % 9} LIMIT 1)`);
  }

  it("is the one that a server without a cache gives", async () => {
    let kept = 0;
    let asked = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(operationOf(schema, rows), { minLength: 4, maxLength: 8 }),
        fc.array(fc.nat(), { minLength: 4, maxLength: 8 }),
        async (operations, draws) => {
          for (const operation of operations) {
            await ask(server, operation);
            await ask(server, operation);
          }
          for (const draw of draws) {
            await change(draw);
            await heardAll(server.database);
            for (const operation of operations) {
              const found = await ask(server, operation);
              expect(found.text).toBe((await ask(fresh, operation)).text);
              if (found.isKept) kept++;
              asked++;
            }
          }
        },
      ),
      { numRuns: 25, seed },
    );
    expect(kept).toBeGreaterThan(asked / 3);
  }, 300_000);
});

describe("an answer", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const question = `query Page($slug: String!) { topic(by: { slug: $slug }) { title tools(first: 5) { nodes { name } } } }`;
  const slug = "backend-and-api-development";
  const get = (query: string, variables: object = {}, headers: Record<string, string> = {}) => {
    const search = new URLSearchParams({ query, variables: JSON.stringify(variables) });
    return fetch(`${server.url}/graphql?${search.toString()}`, {
      headers: { "apollo-require-preflight": "true", ...headers },
    });
  };
  const statements = async (work: () => Promise<unknown>) => (await statementsOf(server.database, work)).length;
  const bearer = async () => authorizationOf(await createViewer(server.database), server.services.tokens);
  /** Known, and kept. */
  const warm = async (query: string, variables: object = {}) => {
    for (let time = 0; time < 2; time++) await (await get(query, variables)).text();
  };

  it("is given again without a statement, with GET and POST, whatever the order of the variables", async () => {
    const text = `query ($a: Int, $b: Int) { topics(first: $a) { nodes { title } } tools(first: $b) { nodes { name } } }`;
    await warm(text, { a: 2, b: 3 });
    const sent = await statements(async () => {
      const answers = [
        await get(text, { a: 2, b: 3 }),
        await get(text, { b: 3, a: 2 }),
        await server.post({ query: text, variables: { b: 3, a: 2 } }),
      ];
      const texts = await Promise.all(answers.map(answer => answer.text()));
      expect(new Set(texts).size).toBe(1);
    });
    expect(sent).toBe(0);
    expect(await statements(async () => (await get(text, { a: 3, b: 2 })).text())).toBeGreaterThan(0);
  });

  it("to an address is not the answer to a body of the same text, which is no JSON", async () => {
    await warm(question, { slug });
    const { url } = await get(question, { slug });
    const response = await server.post(url.slice(server.url.length));
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("BAD_REQUEST")]);
  });

  it("may be kept by others for the time that its fields name, and has a strong entity tag and what it was made from", async () => {
    await warm(question, { slug });
    const { headers } = await get(question, { slug });
    expect(headers.get("cache-control")).toBe("public, max-age=60");
    expect(headers.get("etag")).toMatch(/^"[\w-]{27}"$/);
    expect(headers.get("vary")).toContain("authorization");
    expect(headers.get("cache-tag")?.split(",")).toEqual(expect.arrayContaining(["Topic:1"]));
    expect(headers.get("cache-tag")).toMatch(/Tool:\d+/);
  });

  it("is not sent again to who has it", async () => {
    await warm(question, { slug });
    const etag = (await get(question, { slug })).headers.get("etag") ?? "";
    for (const header of [etag, `"other", W/${etag}`, "*"]) {
      const answer = await get(question, { slug }, { "if-none-match": header });
      expect([answer.status, await answer.text()]).toEqual([304, ""]);
    }
    expect((await get(question, { slug }, { "if-none-match": '"other"' })).status).toBe(200);
  });

  it("goes when what it was made from changes, and only then", async () => {
    const [another] = await server.database.models.topic.findMany({ where: { slug: { not: slug } }, take: 1 });
    const other = { slug: another!.slug };
    await warm(question, { slug });
    await warm(question, other);
    const title = `Title ${randomUUID()}`;
    await server.database.models.topic.update({ where: { slug }, data: { title } });
    await heardAll(server.database);
    expect(await (await get(question, { slug })).text()).toContain(title);
    expect(await statements(async () => (await get(question, other)).text())).toBe(0);
  });

  it("that says what is there goes when something is added", async () => {
    const missing = { slug: "not-there-yet" };
    await warm(question, missing);
    expect(await (await get(question, missing)).text()).toBe(`{"data":{"topic":null}}\n`);
    await server.database.models.topic.update({ where: { id: 2 }, data: { slug: missing.slug } });
    await heardAll(server.database);
    expect(await (await get(question, missing)).text()).toContain(`"title"`);
  });

  it("that depends on who asks is nobody else's, and is never kept by others", async () => {
    const authorization = await bearer();
    const text = `{ viewer { user { displayName } } lesson(by: { slug: "guide-to-cursor" }) { title } }`;
    for (let time = 0; time < 3; time++) {
      const hers = await get(text, {}, { authorization });
      expect(hers.headers.get("cache-control")).toBe("no-store");
      expect(hers.headers.has("etag")).toBe(false);
      const mine = await get(text);
      expect(await hers.text()).not.toBe(await mine.text());
    }
  });

  it("that a guest gets, where others get more, is for guests alone", async () => {
    await server.database.models.lesson.updateMany({
      where: { slug: "guide-to-cursor" },
      data: { access: "ACCOUNT" },
    });
    await heardAll(server.database);
    const authorization = await bearer();
    const text = `{ lesson(by: { slug: "guide-to-cursor" }) { content { __typename } } }`;
    await warm(text);
    const hers = await get(text, {}, { authorization });
    expect(await hers.text()).toContain("LessonBody");
    const mine = await get(text);
    expect(await mine.text()).toContain("LessonLock");
    expect([mine.headers.get("cache-control"), mine.headers.get("cache-tag")]).toEqual(["private, no-cache", null]);
    expect(await statements(async () => (await get(text)).text())).toBe(0);
  });

  it("with an error is not kept", async () => {
    const text = `{ topics(first: 1000) { nodes { title } } }`;
    for (let time = 0; time < 3; time++) {
      const answer = await get(text);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(await answer.text()).toContain("BAD_USER_INPUT");
    }
  });
});
