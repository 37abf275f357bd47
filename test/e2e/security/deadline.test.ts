// An operation ends in time, however slow the database is, and work that nobody waits for any more is not done.
import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../../../src/db/database";
import { openTestDatabase } from "../../support/database";
import { begun, openLive } from "../../support/live";
import { startTestServer, type TestServer } from "../../support/server";
import { expectRefusal } from "../http/refusals";

const operationTimeoutMs = 1_500;
const statementMs = 600;

let database: Database;
let server: TestServer;
const sent: string[] = [];

beforeAll(async () => {
  database = await openTestDatabase({ golden: "catalogue" });
  const slow: Database = {
    ...database,
    query: async statement => {
      sent.push(statement.text);
      await delay(statementMs);
      return database.query(statement);
    },
  };
  server = await startTestServer({ database: slow, operationTimeoutMs });
});
afterAll(async () => {
  await server.close();
  await database.close();
});
beforeEach(() => {
  sent.length = 0;
});

/** Each list is read when the one around it is there. */
const nested =
  "{ topics(first: 2) { nodes { tools(first: 2) { nodes { lessons(first: 2) { nodes { tools(first: 2) { nodes { name } } } } } } } } }";
const levels = 4;

it("an operation whose time is over is answered with 503, reads nothing more, and is in the log (R10, B16)", async () => {
  const response = await server.post({ query: nested });
  expect(response.headers.get("retry-after")).toBe("1");
  const id = response.headers.get("x-request-id");
  await expectRefusal(response, 503, "SERVICE_UNAVAILABLE");
  await delay(statementMs * (levels + 1));
  expect(sent.length).toBeLessThan(levels);
  const lines = server.log
    .map(line => JSON.parse(line) as Record<string, unknown>)
    .filter(line => line["requestId"] === id);
  expect(lines).toMatchObject([
    { level: "warn", msg: "an operation took too long" },
    { msg: "request", status: 503 },
  ]);
});

it("an operation that is in time is answered (R10)", async () => {
  // With more time than a busy machine takes for a statement beside what is waited here.
  const beside = await startTestServer({ beside: server, operationTimeoutMs: 5 * operationTimeoutMs });
  const response = await beside.post({ query: "{ topics(first: 1) { nodes { slug } } }" });
  expect(await response.json()).toMatchObject({ data: { topics: { nodes: [{}] } } });
  await beside.close();
});

it("a mutation whose time is over is answered with 503 too (R10)", async () => {
  const hash = () => delay(operationTimeoutMs * 2).then(() => "");
  const passwords = { ...server.services.passwords, hash, verify: () => hash().then(() => false) };
  const beside = await startTestServer({ beside: server, operationTimeoutMs, services: { passwords } });
  const query =
    'mutation { signIn(input: { email: "ada@example.org", password: "notes-on-the-engine" }) { userErrors { code } } }';
  await expectRefusal(await beside.post({ query }), 503, "SERVICE_UNAVAILABLE");
  await beside.close();
});

it("a client that leaves frees its work: nothing more is read, and no fault is logged (R10)", async () => {
  const patient = await startTestServer({ beside: server });
  const body = JSON.stringify({ query: nested });
  const leaving = request(`${patient.url}/graphql`, {
    method: "POST",
    agent: false,
    headers: { "content-type": "application/json", "content-length": body.length },
  });
  leaving.on("error", () => undefined);
  leaving.end(body);
  while (sent.length === 0) await delay(10);
  leaving.destroy();
  await delay(statementMs * (levels + 1));
  expect(sent.length).toBeLessThan(levels);
  expect(patient.log.filter(line => /"level":"(warn|error)"/.test(line))).toEqual([]);
  // The same operation, for somebody who stays.
  expect((await patient.post({ query: nested })).status).toBe(200);
  expect(sent.length).toBeGreaterThanOrEqual(levels);
  await patient.close();
});

it("an event of a subscription whose time is over is an error, and reads nothing more (R10)", async () => {
  const live = openLive(server.url);
  const followed = live.follow(
    "subscription { topicPublished { topic { tools(first: 2) { nodes { lessons(first: 2) { nodes { tools(first: 2) { nodes { name } } } } } } } } }",
  );
  const publish = () => database.models.topic.update({ where: { id: 1 }, data: { emoji: "📘" } });
  const { data, errors } = await begun(followed, publish);
  expect(data ?? null).toBeNull();
  expect(errors).toMatchObject([{ extensions: { code: "SERVICE_UNAVAILABLE" } }]);
  await live.close();
  sent.length = 0;
  await delay(statementMs * (levels + 1));
  expect(sent).toEqual([]);
});
