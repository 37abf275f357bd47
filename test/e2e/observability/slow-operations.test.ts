// Slow operations in the log: which they were, what they cost, how they were answered; never what they were asked with.
import { createHash } from "node:crypto";
import type { Database } from "../../../src/db/database";
import { openTestDatabase } from "../../support/database";
import { startTestServer, type TestServer } from "../../support/server";

const query = `query SlowPage($slug: String!) { topic(by: { slug: $slug }) { title tools(first: 5) { nodes { name } } } }`;
const slug = "backend-and-api-development";

let database: Database;
let slow: Database;
beforeAll(async () => {
  database = await openTestDatabase({ golden: "catalogue" });
  const query: Database["query"] = async statement => {
    await new Promise(resolve => setTimeout(resolve, 60));
    return database.query(statement);
  };
  slow = { ...database, query };
});
afterAll(() => database.close());

let server: TestServer;
afterEach(() => server.close());

async function start(slowOperationMs: number): Promise<void> {
  const observability = { version: "1", slowOperationMs };
  server = await startTestServer({ database: slow, responseCacheBytes: 0, observability });
}

const logged = () =>
  server.log.map(line => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === "a slow operation");

describe("A slow operation", () => {
  it("is logged with its document, its cost and its way, and without its variables", async () => {
    await start(50);
    const headers = { accept: "application/json", "x-request-id": "a-request-of-ours" };
    const marker = "m4rker-0f-a-secret";
    for (const value of [slug, marker]) {
      await (await server.post({ query, variables: { slug: value } }, headers)).text();
    }
    const documentId = createHash("sha256").update(query).digest("hex");
    const [first, second] = logged();
    expect(first).toMatchObject({
      ...{ level: "warn", requestId: "a-request-of-ours", operation: "SlowPage", documentId },
      ...{ cost: 7, batches: 2, way: "apollo" },
    });
    expect(first?.["ms"]).toBeGreaterThanOrEqual(50);
    expect(second).toMatchObject({ operation: "SlowPage", documentId, way: "compiled" });
    expect(logged()).toHaveLength(2);
    expect(server.log.join("\n")).not.toContain(marker);
  });

  it.each([
    [600_000, "is faster than the threshold"],
    [0, "would be one, where none is logged"],
  ])("is not logged with %i: it %s", async threshold => {
    await start(threshold);
    await (await server.post({ query, variables: { slug } })).text();
    expect(logged()).toEqual([]);
  });
});
