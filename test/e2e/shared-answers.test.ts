// Two servers on one PostgreSQL that share answers through a Redis of the test's own, behind a proxy: what one has made the other gives without
// asking the database, and whatever happens to Redis, neither gives anything old nor keeps anybody waiting. On PGlite there is one server, and no sharing.
import { setTimeout as delay } from "node:timers/promises";
import { newSigningKey } from "../../src/auth/signing-keys";
import type { Database } from "../../src/db/database";
import { sql } from "../../src/db/sql";
import { openAgain, openTestDatabase, serverUrl } from "../support/database";
import { heardAll } from "../support/heard-changes";
import { scrape } from "../support/metrics";
import { freePorts, redisProgram } from "../support/own-servers";
import { startRedis, type RedisInstance } from "../support/redis";
import { startServerProcess } from "../support/server-process";
import { publicUrl } from "../support/services";
import { createSharedDatabase } from "../support/shared-database";
import { startTestServer, type TestServer } from "../support/server";
import { openTcpProxy, type ProxyMode, type TcpProxy } from "../support/tcp-proxy";

const isPossible = serverUrl !== undefined && redisProgram !== undefined;
if (!isPossible) {
  process.stderr.write("shared-answers.test.ts: skipped, needs PostgreSQL (TEST_DATABASE_URL) and redis-server.\n");
}
/** Longest time for an answer while Redis hangs; nearly all of it is the machine's, which may be busy. */
const longestMs = 5_000;
const query = `query Titles { topics(first: 50) { nodes { title } } }`;

(isPossible ? describe : describe.skip)("Servers that share answers", () => {
  let redis: RedisInstance;
  let proxy: TcpProxy;
  let servers: TestServer[] = [];
  let databases: Database[] = [];
  /** A variable that the query does not have: another question, with the same answer. */
  let question = 1;

  beforeAll(async () => {
    redis = await startRedis();
    proxy = await openTcpProxy(new URL(`redis://127.0.0.1:${redis.port}`));
    const database = await openTestDatabase({ golden: "catalogue" });
    databases = [database, await openAgain(database)];
    servers = await Promise.all(
      databases.map(each =>
        startTestServer({
          database: each,
          responseCacheRedisUrl: `redis://127.0.0.1:${proxy.port}`,
          observability: { version: "1", metrics: { host: "127.0.0.1", port: 0 }, slowOperationMs: 0 },
        }),
      ),
    );
    // Only what is known is answered without Apollo Server, and so kept; and a server has to hear of where the other began.
    for (const server of servers) for (let time = 0; time < 2; time++) await ask(server);
    await delay(1_000);
    for (const server of servers) await make(server);
  }, 60_000);

  afterAll(async () => {
    for (const server of servers) await server.close();
    for (const database of [...databases].reverse()) await database.close();
    await proxy.close();
    await redis.remove();
  });

  async function ask(server: TestServer, number = question): Promise<string[]> {
    const started = performance.now();
    const response = await server.post({ query, variables: { question: number } }, { accept: "application/json" });
    const { data } = (await response.json()) as { data: { topics: { nodes: { title: string }[] } } };
    expect(response.status).toBe(200);
    expect(performance.now() - started).toBeLessThan(longestMs);
    return data.topics.nodes.map(({ title }) => title);
  }

  /** How many answers came from another server. */
  const sharedBy = async (server: TestServer) =>
    (await scrape(server.metricsUrl ?? "")).value("learngraph_response_cache_lookups_total", { result: "shared" }) ?? 0;

  /** Asks one server for something new, until it has written the answer. */
  async function make(server: TestServer): Promise<string[]> {
    for (;;) {
      question++;
      const before = await redis.client.dbsize();
      const titles = await ask(server);
      // Longer than an answer waits for its position, so that the next one is not mistaken for it.
      for (let time = 0; time < 400; time++) {
        if ((await redis.client.dbsize()) > before) return titles;
        await delay(5);
      }
    }
  }

  /** Until one gives what the other has made: what was heard has its position then, and nothing that was made before is still to be written. */
  async function untilShared(maker: TestServer, giver: TestServer): Promise<void> {
    for (;;) {
      await make(maker);
      const given = await sharedBy(giver);
      await ask(giver);
      if ((await sharedBy(giver)) > given) return;
    }
  }

  async function expectShared(): Promise<void> {
    const ways = [servers, [...servers].reverse()] as [TestServer, TestServer][];
    for (const [maker, giver] of ways) await untilShared(maker, giver);
    for (const [maker, giver] of ways) {
      const titles = await make(maker);
      const [given, statements] = [await sharedBy(giver), [] as string[]];
      const stop = giver.database.onStatement(text => statements.push(text));
      expect(await ask(giver)).toEqual(titles);
      stop();
      expect([(await sharedBy(giver)) - given, statements]).toEqual([1, []]);
    }
  }

  /** All that is committed has been heard by both. */
  const heard = () => Promise.all(databases.map(heardAll));

  it("give what another has made, without a statement", () => expectShared());

  it("give nothing old after a change, whoever made it and wherever it is asked", async () => {
    const database = databases[0]!;
    for (let round = 1; round <= 10; round++) {
      const before = await make(servers[round % 2]!);
      const title = `Round ${round}`;
      if (round % 3 === 0) await database.models.topic.updateMany({ where: { title: before[0]! }, data: { title } });
      else await database.query(sql`UPDATE "topic" SET "title" = ${title} WHERE "title" = ${before[0]!}`);
      await heard();
      for (const server of [servers[1]!, servers[0]!, servers[1]!]) {
        const titles = await ask(server);
        expect(titles).toContain(title);
        expect(titles).not.toContain(before[0]);
      }
      await expectShared();
    }
  }, 60_000);

  it("let a transaction that runs for long keep nothing back", async () => {
    await databases[0]!.exclusive(async connection => {
      await connection.script(`UPDATE "tool" SET "tagline" = 'Not yet'`);
      await databases[1]!.query(sql`UPDATE "topic" SET "emoji" = '🧭'`);
      await heard();
      await expectShared();
    });
    await heard();
    await expectShared();
  });

  it("lose the hits and nothing else when Redis is emptied, or takes its writes back", async () => {
    const titles = await make(servers[0]!);
    await redis.client.flushall();
    expect(await ask(servers[1]!)).toEqual(titles);
    await expectShared();
  });

  it.each(["refuse", "stall", "stall-answers", "reset", "stop"] as (ProxyMode | "stop")[])(
    "answer at once, and right, while Redis does %s, and share again after it",
    async mode => {
      await make(servers[0]!);
      if (mode === "stop") redis.pause();
      else await proxy.set(mode);
      for (let round = 0; round < 5; round++) {
        const title = `${mode} ${round}`;
        const [old] = await ask(servers[0]!);
        await databases[1]!.query(sql`UPDATE "topic" SET "title" = ${title} WHERE "title" = ${old!}`);
        await heard();
        for (const server of servers) expect(await ask(server)).toContain(title);
      }
      if (mode === "stop") redis.resume();
      else {
        await proxy.set("pass");
        // No network goes on with a connection of which it has lost a part.
        proxy.resetAll();
      }
      for (const server of servers) {
        const before = await sharedBy(server);
        while ((await sharedBy(server)) === before) {
          await ask(
            servers.find(other => other !== server)!,
            ++question,
          );
          await delay(200);
          await ask(server);
        }
      }
      await expectShared();
    },
    30_000,
  );

  it("may be programs of their own, as they are started", async () => {
    const shared = await createSharedDatabase("catalogue");
    const signingKeys = JSON.stringify({ keys: [await newSigningKey()] });
    const ports = await freePorts(2);
    const programs = ports.map(port =>
      startServerProcess({
        ...shared.env,
        AUTH_SIGNING_KEYS: signingKeys,
        PUBLIC_URL: publicUrl,
        RESPONSE_CACHE_REDIS_URL: `redis://127.0.0.1:${proxy.port}`,
        METRICS_PORT: String(port),
      }),
    );
    try {
      const urls = await Promise.all(programs.map(started => started.url()));
      const post = async (number: number) => {
        const body = JSON.stringify({ query, variables: { question: number } });
        const headers = { "content-type": "application/json", accept: "application/json" };
        for (const url of urls) {
          await (await fetch(`${url}/graphql`, { method: "POST", headers, body })).text();
          await delay(200);
        }
      };
      const metricsUrl = `http://127.0.0.1:${ports[1]}/metrics`;
      const shared = async () =>
        (await scrape(metricsUrl)).value("learngraph_response_cache_lookups_total", { result: "shared" }) ?? 0;
      for (let number = 0; (await shared()) < 3; number++) await post(number);
    } finally {
      for (const started of programs) await started.kill();
      await shared.remove();
    }
  }, 60_000);

  it("keep answers under names that say nothing of what was asked, for an hour", async () => {
    const keys = await redis.client.keys("*");
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      expect(key).toMatch(/^answer:[\w-]{43}$/);
      expect(await redis.client.ttl(key)).toBeGreaterThan(3_000);
    }
  });
});
