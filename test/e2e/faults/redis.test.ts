// Redis that is absent, hangs, goes and comes back costs speed and the exactness of counts, never an answer. A Redis of the test's own, behind a proxy.
import { setTimeout as delay } from "node:timers/promises";
import { newSigningKey } from "../../../src/auth/signing-keys";
import type { Database } from "../../../src/db/database";
import { startServices, type RunningServices } from "../../../src/server/services";
import { openTestDatabase } from "../../support/database";
import { longestRecoveryMs, observe } from "../../support/faults";
import { createTestLog } from "../../support/log";
import { redisProgram } from "../../support/own-servers";
import { startRedis, type RedisInstance } from "../../support/redis";
import { startTestServer, type TestServer } from "../../support/server";
import { openTcpProxy, type ProxyMode, type TcpProxy } from "../../support/tcp-proxy";

if (redisProgram === undefined) process.stderr.write("redis.test.ts: skipped, there is no redis-server.\n");
/** Longest wait for an answer with one count in it, which waits 0.5 s for Redis at most (`commandTimeout`, server/redis.ts). The rest is for a busy machine. */
const longestMs = 5_000;

(redisProgram === undefined ? describe.skip : describe)("Redis (needs redis-server)", () => {
  let redis: RedisInstance;
  let proxy: TcpProxy;
  let database: Database;
  let running: RunningServices;
  let server: TestServer;

  beforeAll(async () => {
    redis = await startRedis();
    proxy = await openTcpProxy(new URL(`redis://127.0.0.1:${redis.port}`));
    // Absent when the server starts.
    await proxy.set("refuse");
    database = await openTestDatabase({ golden: "empty" });
    const { log } = createTestLog();
    running = await startServices(
      {
        ...{ production: false, dataDirectory: "unused", port: 0, publicUrl: "https://learn.example.org" },
        ...{
          signingKeys: JSON.stringify({ keys: [await newSigningKey()] }),
          passwordHash: { memoryKiB: 8_192, passes: 1, concurrency: 2 },
          fourEyes: false,
          budget: { limit: 1_000_000, restoreRate: 1_000 },
        },
        ...{ redisUrl: `redis://127.0.0.1:${proxy.port}`, smtpUrl: "smtp://127.0.0.1:1", mailFrom: "a@b.example" },
      },
      database,
      log,
    );
    server = await startTestServer({ database, services: running.services, budget: running.budget });
  });

  afterAll(async () => {
    await server.close();
    await running.stop();
    await database.close();
    await proxy.close();
    await redis.remove();
  });

  let asked = 0;
  /** An attempt, counted by address. */
  const attempt = async (): Promise<number> => {
    const started = performance.now();
    const query = `mutation { refreshSession(input: { refreshToken: "unknown-${asked++}" }) { userErrors { code } } }`;
    const response = await server.post({ query });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ data: { refreshSession: { userErrors: [expect.anything()] } } });
    return performance.now() - started;
  };
  const counted = async () => (await redis.client.keys("attempts:*")).length;

  it("may be absent when the server starts, and is used as soon as it is there (R25)", async () => {
    expect(await attempt()).toBeLessThanOrEqual(longestMs);
    expect(await counted()).toBe(0);
    await proxy.set("pass");
    await expectUsed("Redis absent at the start");
  });

  it.each([
    ["refuse", "Redis gone"],
    ["stall", "Redis hanging"],
    ["reset", "Redis resetting connections"],
  ] as [ProxyMode, string][])(
    "may %s while the server runs: every attempt is answered, and Redis is used again",
    async (mode, fault) => {
      await proxy.set(mode);
      for (let time = 0; time < 3; time++) expect(await attempt()).toBeLessThanOrEqual(longestMs);
      expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
      await proxy.set("pass");
      await expectUsed(fault);
    },
  );

  async function expectUsed(fault: string): Promise<void> {
    const started = performance.now();
    await redis.client.flushall();
    while ((await counted()) === 0) {
      await attempt();
      await delay(100);
      expect(performance.now() - started).toBeLessThanOrEqual(longestRecoveryMs);
    }
    observe({ kind: "recovery", fault, milliseconds: performance.now() - started });
  }
});
