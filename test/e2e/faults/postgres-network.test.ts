// PostgreSQL that cannot be reached, or not well: a proxy of our own stands between it and the server.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { createDatabase, type Database } from "../../../src/db/database";
import { openPostgres } from "../../../src/db/postgres-driver";
import { sql } from "../../../src/db/sql";
import { serverUrl } from "../../support/database";
import {
  editorsAuthorization,
  expectUnavailable,
  longestRecoveryMs,
  Watched,
  writtenSlugs,
} from "../../support/faults";
import { onServer, postgresSettings, templateName } from "../../support/golden";
import { startTestServer, type TestServer } from "../../support/server";
import { createTestServices } from "../../support/services";
import { statementsOf } from "../../support/statements";
import { openTcpProxy, type ProxyMode, type TcpProxy } from "../../support/tcp-proxy";

if (serverUrl === undefined) process.stderr.write("postgres-network.test.ts: skipped, needs TEST_DATABASE_URL.\n");
(serverUrl === undefined ? describe.skip : describe)("Behind a proxy (needs TEST_DATABASE_URL)", () =>
  describeOnServer(serverUrl ?? ""),
);

function describeOnServer(url: string): void {
  const name = `learngraph_test_${randomUUID().replaceAll("-", "")}`;
  let proxy: TcpProxy;
  /** Past the proxy. */
  let direct: Database;
  let throughProxy: string;
  const open: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    await onServer(url, [`CREATE DATABASE "${name}" TEMPLATE "${templateName("catalogue")}"`]);
    proxy = await openTcpProxy(new URL(url));
    const address = new URL(url);
    address.host = `127.0.0.1:${proxy.port}`;
    throughProxy = address.href;
    direct = createDatabase(openPostgres(postgresSettings(url, name)));
  });

  afterAll(async () => {
    await proxy.set("pass");
    for (const one of open.reverse()) await one.close();
    await direct.close();
    await proxy.close();
    await onServer(url, [`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`]);
  });

  const openServer = async (
    times: { acquireTimeoutMs: number; statementTimeoutMs: number },
    responseCacheBytes = 0,
  ): Promise<{ server: TestServer; watched: Watched }> => {
    const settings = { ...postgresSettings(throughProxy, name), ...times, listenCheckMs: 100 };
    const database = createDatabase(openPostgres(settings));
    const services = await createTestServices();
    const authorization = await editorsAuthorization(direct, services.tokens);
    const server = await startTestServer({ database, services, responseCacheBytes });
    open.push(database, server);
    return { server, watched: new Watched(server.url, authorization) };
  };

  describe("PostgreSQL behind a broken network (R25, B16)", () => {
    /** Longer than a busy machine takes for what is to work. */
    const shortTimes = { acquireTimeoutMs: 2_000, statementTimeoutMs: 2_000 };
    let server: TestServer;
    let keeping: TestServer;
    let watched: Watched;
    beforeAll(async () => {
      ({ server, watched } = await openServer(shortTimes));
      ({ server: keeping } = await openServer(shortTimes, 1_000_000));
    });
    beforeEach(async () => {
      await proxy.set("pass");
      await watched.expectWorking();
    });

    const modes: [ProxyMode, string][] = [
      ["refuse", "refuses connections"],
      ["stall", "says nothing at all"],
      ["stall-answers", "takes requests and answers none"],
      ["reset", "resets every connection that is used"],
      ["cut", "breaks off in the middle of its answers"],
    ];
    it.each(modes)("is answered with 503 in %s mode (it %s), and works again by itself", async (mode, fault) => {
      await proxy.set(mode);
      await watched.expectAway();
      await proxy.set("pass");
      await watched.expectRecovery(`database ${fault}`);
    });

    it("is answered with 503 when its connections are reset in the middle of a query, and nothing is half done", async () => {
      // What holds a statement up until the reset.
      let unlock: () => void = () => undefined;
      const until = new Promise<void>(resolve => (unlock = resolve));
      const locked = new Promise<void>((resolve, reject) => {
        direct
          .exclusive(async connection => {
            await connection.query(`LOCK TABLE "topic", "audit_event" IN ACCESS EXCLUSIVE MODE`);
            resolve();
            await until;
          })
          .catch(reject);
      });
      await locked;
      const waiting = [watched.ask("{ topics(first: 1) { nodes { slug } } }"), watched.write("half-done")] as const;
      const answered = Promise.race(waiting).then(() => true);
      const isHeldUp = async () => {
        const [row] = await direct.query<{ count: number }>(sql`
          SELECT count(*)::integer AS "count" FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`);
        return row?.count === waiting.length;
      };
      // Or they are too late for that, and wait no longer.
      while (!(await isHeldUp()) && !(await Promise.race([answered, delay(20)]))) continue;
      proxy.resetAll();
      expectUnavailable(await waiting[0]);
      expect(await waiting[1]).toBe(false);
      unlock();
      await watched.expectRecovery("connections reset in the middle of a query");
      const { revisions, events } = await writtenSlugs(direct);
      expect(revisions).not.toContain("half-done");
      expect(events).toEqual(revisions);
    });

    it("may be slow, and every answer is right", async () => {
      proxy.delay(50);
      await watched.expectWorking();
      expect(await watched.write("written-slowly")).toBe(true);
      proxy.delay(0);
      expect((await writtenSlugs(direct)).events).toContain("written-slowly");
    });

    it("may end every connection without a request failing afterwards", async () => {
      // The pool learns of it when the sockets close.
      await proxy.ended(() =>
        onServer(url, [`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`]),
      );
      await watched.expectWorking();
    });

    it.each(["refuse", "stall"] as const)("is listened to again after a %s, and says when it was not", async mode => {
      const states: boolean[] = [];
      const changed: string[] = [];
      let wake: () => void = () => undefined;
      const { changes } = server.database;
      const end = changes.subscribe({
        connected: connected => {
          states.push(connected);
          wake();
        },
        changed: ({ type, ids }) => void changed.push(`${type} ${String(ids)}`),
      });
      const state = async (wanted: boolean) => {
        while (changes.isConnected !== wanted) await new Promise<void>(resolve => (wake = resolve));
      };
      await state(true);
      await proxy.set(mode);
      await state(false);
      await proxy.set("pass");
      await state(true);
      expect(states.slice(-2)).toEqual([false, true]);
      // What was missed is not known.
      expect(changed.slice(-6)).toEqual([
        "Topic all",
        "Tool all",
        "Module all",
        "Lesson all",
        "Revision all",
        "Learner all",
      ]);
      end();
      await watched.expectWorking();
    });

    it("makes no kept answer old: none is given while changes may be missed, and what was missed is seen", async () => {
      const { database } = keeping;
      const until = async (isProven: boolean) => {
        while (database.changes.isProven !== isProven) await delay(20);
      };
      const ask = () => keeping.post({ query: "{ topics(first: 1) { nodes { slug title } } }" });
      const isKept = async () => {
        let answer = "";
        const sent = await statementsOf(database, async () => {
          answer = await (await ask()).text();
        });
        return { isKept: sent.length === 0, answer };
      };
      await until(true);
      for (let time = 0; time < 3; time++) await ask();
      expect(await isKept()).toMatchObject({ isKept: true });
      await proxy.set("refuse");
      await until(false);
      expect((await ask()).status).toBe(503);
      await direct.models.topic.updateMany({ where: { position: 1 }, data: { title: "Changed meanwhile" } });
      await proxy.set("pass");
      await until(true);
      const { answer } = await isKept();
      expect(answer).toContain("Changed meanwhile");
      expect(await isKept()).toEqual({ isKept: true, answer });
    });

    it("leaves each cause in the log, under the id of its request", () => {
      const causes = server.log
        .map(line => JSON.parse(line) as { requestId?: string; err?: { type: string } })
        .filter(line => line.err && line.requestId);
      expect(causes.length).toBeGreaterThanOrEqual(2);
      for (const { requestId, err } of causes) {
        expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
        // Anything else was masked as a fault of ours.
        expect(err?.type).toBe("AppError");
        expect(JSON.stringify(err)).toMatch(
          /Connection terminated|connect ECONN|ECONNRESET|Query read timeout|statement timeout|timeout exceeded|closed the connection/,
        );
      }
    });

    it("ends a statement that runs too long with 503's code", async () => {
      const slow = server.database.query(sql`SELECT pg_sleep(30)::text AS "slept"`);
      await expect(slow).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    });
  });

  describe("PostgreSQL that stalls, with the times of .env.example (R25)", () => {
    it(`is answered for in 10 s, also to many at once, and works again within ${longestRecoveryMs} ms`, async () => {
      const { watched } = await openServer({ acquireTimeoutMs: 3_000, statementTimeoutMs: 5_000 });
      await watched.expectWorking();
      await proxy.set("stall");
      const many = await Promise.all(Array.from({ length: 40 }, () => watched.read()));
      many.forEach(expectUnavailable);
      await watched.expectAway();
      await proxy.set("pass");
      await watched.expectRecovery("database says nothing at all, with the default times");
    });
  });
}
