// /metrics: what was asked is counted under the right names, and no client can make names without bound.
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { Histogram, Registry, type Metric } from "prom-client";
import type { Database } from "../../../src/db/database";
import { sql } from "../../../src/db/sql";
import { unavailable } from "../../../src/errors/app-error";
import { Tally } from "../../../src/server/tally";
import { openTestDatabase } from "../../support/database";
import { begun, openLive } from "../../support/live";
import { samplesOf, scrape } from "../../support/metrics";
import { startTestServer, type TestServer } from "../../support/server";

const observability = { version: "1.2.3", metrics: { host: "127.0.0.1", port: 0 }, slowOperationMs: 0 };
const slug = "backend-and-api-development";
const topicPage = readFileSync("test/operations/TopicPage.graphql", "utf8");

describe("Metrics", () => {
  let database: Database;
  let isAway = false;
  let server: TestServer;
  beforeAll(async () => {
    database = await openTestDatabase({ golden: "catalogue" });
    const query: Database["query"] = statement =>
      isAway ? Promise.reject(unavailable(new Error("away"))) : database.query(statement);
    server = await startTestServer({ database: { ...database, query }, observability });
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  const now = () => scrape(server.metricsUrl);
  const ask = async (body: unknown) => (await server.post(body, { accept: "application/json" })).text();

  it("count each request under its operation and the way in which it was answered", async () => {
    const request = { query: topicPage, variables: { slug } };
    const before = await now();
    for (let i = 0; i < 6; i++) await ask(request);
    const { value } = await now();
    const answered = (way: string) => value("learngraph_requests_total", { operation: "TopicPage", way }) ?? 0;
    expect(answered("apollo")).toBe(1);
    expect(answered("compiled")).toBe(1);
    expect(answered("cache")).toBe(1);
    expect(answered("repeat")).toBe(3);
    expect(value("learngraph_operation_duration_seconds_count", { operation: "TopicPage" })).toBe(6);
    expect(value("learngraph_request_duration_seconds_count", { way: "repeat" })).toBe(3);
    expect(value("learngraph_response_cache_lookups_total", { result: "hit" })).toBe(4);
    expect(value("learngraph_response_cache_lookups_total", { result: "miss" })).toBe(
      1 + (before.value("learngraph_response_cache_lookups_total", { result: "miss" }) ?? 0),
    );
    expect(value("learngraph_response_cache_answers")).toBe(1);
    expect(value("learngraph_response_cache_bytes")).toBeGreaterThan(1_000);
  });

  it("know what operations ask for, by the measure that limits them", async () => {
    const [cost] = await refusedFor(
      "query Dear { topics(first: 100) { nodes { tools(first: 100) { nodes { name } } } } }",
    );
    const before = await now();
    await ask({ query: "query Cheap { topics(first: 3) { nodes { title } } }" });
    await ask({ query: "query Cheap { topics(first: 3) { nodes { title } } }" });
    const after = await now();
    expect(cost).toBeGreaterThan(10_000);
    // One connection, three topics; each time that it ran, and not where it was refused.
    expect(after.value("learngraph_operation_cost_total", { operation: "Cheap" })).toBe(8);
    expect(after.value("learngraph_operation_cost_total", { operation: "Dear" })).toBe(0);
    expect(after.value("learngraph_operation_cost_sum")! - before.value("learngraph_operation_cost_sum")!).toBe(8);
  });

  const refusedFor = async (query: string): Promise<number[]> => {
    const { errors } = JSON.parse(await ask({ query })) as {
      errors: { extensions: { cost: { requested: number } } }[];
    };
    return errors.map(({ extensions }) => extensions.cost.requested);
  };

  it("count errors by their code, wherever they come from", async () => {
    const before = await now();
    await ask("{");
    await ask({ query: "{ planets }" });
    await ask({ query: "{ topics(first: 0) { totalCount } }" });
    await ask({ query: "{ a: auditEvents { totalCount } }" });
    await fetch(`${server.url}/nowhere`);
    await fetch(`${server.url}/graphql`, { method: "PUT" });
    const after = await now();
    const more = (code: string) =>
      after.value("learngraph_errors_total", { code })! - (before.value("learngraph_errors_total", { code }) ?? 0);
    expect(more("BAD_REQUEST")).toBe(1);
    expect(more("GRAPHQL_VALIDATION_FAILED")).toBe(1);
    expect(more("BAD_USER_INPUT")).toBe(1);
    expect(more("UNAUTHENTICATED")).toBe(1);
    expect(more("NOT_FOUND")).toBe(1);
    expect(more("METHOD_NOT_ALLOWED")).toBe(1);
    expect(more("INTERNAL_SERVER_ERROR")).toBe(0);
    // What never became an operation has no name: not even the one that the client gave it.
    await ask({ query: "query Planets { planets }", operationName: "Planets" });
    expect((await now()).value("learngraph_requests_total", { operation: "Planets" })).toBeUndefined();
    expect((await now()).value("learngraph_requests_total", { operation: "none", way: "refused" })).toBeGreaterThan(0);
  });

  it("tell of statements, batches and, on PostgreSQL, of the pool", async () => {
    const before = await now();
    await ask({ query: topicPage, variables: { slug: "no-such-topic" } });
    await expect(database.query(sql`SELECT 1 / 0 AS "nothing"`)).rejects.toThrow();
    const { value } = await now();
    const sent = (when = value) => when("learngraph_sql_statement_duration_seconds_count", { verb: "SELECT" }) ?? 0;
    expect(sent()).toBeGreaterThan(sent(before.value) + 1);
    expect(value("learngraph_sql_failures_total", { reason: "other" })).toBe(1);
    expect(value("learngraph_loader_batch_keys_count", { loader: "Topic by slug" })).toBeGreaterThan(0);
    expect(value("learngraph_loader_batch_keys_count", { loader: "Topic.tools" })).toBeGreaterThan(0);
    expect(value("learngraph_shared_batch_keys_sum", { loader: "Topic by slug" })).toBeGreaterThan(0);
    expect(value("learngraph_shared_batch_operations_count")).toBeGreaterThan(0);
    const pool = value("learngraph_database_pool_connections");
    if (database.kind === "embedded") expect(pool).toBeUndefined();
    else expect(pool).toBeGreaterThan(0);
  });

  it("tell of the process, of what runs, and whether it can serve", async () => {
    // Each time that they are told, the event loop is looked at anew, every few milliseconds.
    await now();
    await delay(100);
    const { value } = await now();
    const build = { version: "1.2.3", node: process.versions.node, database: database.kind };
    expect(value("learngraph_build_info", build)).toBe(1);
    expect(value("nodejs_eventloop_lag_p99_seconds")).toBeGreaterThan(0);
    expect(value("process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
    expect(value("learngraph_ready")).toBe(1);
    isAway = true;
    expect((await now()).value("learngraph_ready")).toBe(0);
    isAway = false;
    expect((await now()).value("learngraph_ready")).toBe(1);
  });

  it("count connections for subscriptions, and their events as operations", async () => {
    expect((await now()).value("learngraph_live_connections")).toBe(0);
    const live = openLive(server.url);
    const followed = live.follow("subscription Watch { catalogChanged { __typename } }");
    let changes = 0;
    const { errors } = await begun(followed, () =>
      database.models.topic.update({ where: { slug }, data: { title: `Backend ${changes++}` } }),
    );
    expect(errors).toBeUndefined();
    expect((await now()).value("learngraph_live_connections")).toBe(1);
    expect((await now()).value("learngraph_requests_total", { operation: "Watch", way: "live" })).toBeGreaterThan(0);
    await live.close();
    // The server's end of it closes a moment later.
    while ((await now()).value("learngraph_live_connections") !== 0) await delay(10);
  });

  it("are on a port of their own, and nothing else is there", async () => {
    const { origin } = new URL(server.metricsUrl!);
    expect(origin).not.toBe(server.url);
    const statuses = await Promise.all([
      fetch(`${server.url}/metrics`).then(({ status }) => status),
      fetch(`${origin}/graphql`).then(({ status }) => status),
      fetch(`${origin}/`).then(({ status }) => status),
      fetch(`${origin}/metrics`, { method: "POST", body: "{}" }).then(({ status }) => status),
    ]);
    expect(statuses).toEqual([404, 404, 404, 405]);
  });
});

describe("Names of operations in metrics", () => {
  it("are at most 200 whatever clients send, and those of persisted documents are always among them", async () => {
    const directory = mkdtempSync(join(tmpdir(), "learngraph-metrics-"));
    const manifest = join(directory, "documents.json");
    const ours = "query Ours { topics { totalCount } }";
    writeFileSync(manifest, JSON.stringify({ [createHash("sha256").update(ours).digest("hex")]: ours }));
    const server = await startTestServer({ persistedDocuments: manifest, observability });
    try {
      const names = Array.from({ length: 260 }, () => `N${randomUUID().replaceAll("-", "")}`);
      for (const name of names) await server.post({ query: `query ${name} { __typename }` });
      await server.post({ query: `query ${"Long".repeat(100)} { __typename }` });
      await server.post({ query: "{ __typename }" });
      await server.post({ query: ours });
      const { samples, value } = await scrape(server.metricsUrl);
      const operations = new Set(samples.map(({ labels }) => labels["operation"]).filter(name => name !== undefined));
      expect(operations.size).toBeLessThanOrEqual(203);
      expect(operations.size).toBeGreaterThan(190);
      expect(value("learngraph_requests_total", { operation: "Ours" })).toBe(1);
      expect(value("learngraph_requests_total", { operation: "other" })).toBeGreaterThan(60);
      expect(value("learngraph_requests_total")).toBe(263);
    } finally {
      await server.close();
      rmSync(directory, { recursive: true });
    }
  });
});

describe("Tally", () => {
  it("says of any observations what prom-client's own histogram says", async () => {
    const observations = fc.array(
      fc.tuple(
        fc.constantFrom("a", "b"),
        fc.oneof(fc.constantFrom(0, 1, 2.5, 10), fc.double({ min: 0, max: 20, noNaN: true })),
      ),
    );
    await fc.assert(
      fc.asyncProperty(observations, async observed => {
        const bounds = [1, 2.5, 10];
        const [ours, theirs] = [new Registry(), new Registry()];
        const tally = new Tally("seconds", "Seconds.", "of", bounds);
        ours.registerMetric(tally as unknown as Metric);
        const labelled = {
          name: "seconds",
          help: "Seconds.",
          labelNames: ["of"],
          buckets: bounds,
          registers: [theirs],
        };
        const histogram = new Histogram(labelled);
        for (const [of, value] of observed) {
          tally.cell(of).observe(value);
          histogram.observe({ of }, value);
        }
        const told = async (registry: Registry) =>
          new Map(
            samplesOf(await registry.metrics()).map(({ name, labels: { of, le }, value }) => [
              `${name} ${of} ${le}`,
              value,
            ]),
          );
        expect(await told(ours)).toEqual(await told(theirs));
      }),
    );
  });
});
