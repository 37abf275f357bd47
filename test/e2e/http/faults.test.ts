// Faults of our own side: masked and found again in the log; a database that is away, and comes back, behind a proxy that the test controls.
import { randomUUID } from "node:crypto";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createDatabase } from "../../../src/db/database";
import { openPostgres } from "../../../src/db/postgres-driver";
import { sql } from "../../../src/db/sql";
import { startApp } from "../../../src/server/app";
import { serverUrl } from "../../support/database";
import { onServer, postgresSettings, templateName } from "../../support/golden";
import { createTestLog } from "../../support/log";
import { startTestServer } from "../../support/server";
import { createTestServices } from "../../support/services";
import { statementsOf } from "../../support/statements";

interface FaultAnswer {
  data?: unknown;
  errors: { message: string; path?: unknown; extensions: Record<string, unknown> }[];
}

describe("An unexpected error (R11, R13, B17)", () => {
  it("is told to the client as an id only, and the log has its cause under that id", async () => {
    const server = await startTestServer({ golden: "catalogue" });
    try {
      await server.database.exclusive(connection => connection.script('DROP TABLE "lesson_tool" CASCADE'));
      const query = '{ catalogStats { topicCount } tool(by: { slug: "cursor" }) { name lessons { nodes { slug } } } }';
      const response = await server.post({ query }, { "x-request-id": "fault-request-1" });
      const text = await response.text();
      const { errors } = JSON.parse(text) as FaultAnswer;
      expect(errors).toEqual([
        expect.objectContaining({
          message: "Internal server error",
          path: ["tool", "lessons"],
          extensions: { code: "INTERNAL_SERVER_ERROR", requestId: "fault-request-1" },
        }),
      ]);
      expect(text).not.toMatch(/lesson_tool|relation|exist|stack|\.ts/);
      const line = server.log.map(entry => JSON.parse(entry) as Record<string, unknown>).find(entry => "err" in entry);
      expect(line).toMatchObject({ requestId: "fault-request-1", level: "error" });
      expect(JSON.stringify(line)).toMatch(/relation \\?\\"lesson_tool\\?\\" does not exist/);
    } finally {
      await server.close();
    }
  });
});

if (serverUrl === undefined) {
  process.stderr.write("faults.test.ts: the tests of a database that goes away need a server (TEST_DATABASE_URL).\n");
} else {
  describeOnServer(serverUrl);
}

function describeOnServer(url: string): void {
  describe("PostgreSQL that goes away (R25, B16)", () => {
    const name = `learngraph_test_${randomUUID().replaceAll("-", "")}`;
    const { log: logger, lines: log } = createTestLog();
    let proxy: Proxy;
    let app: Awaited<ReturnType<typeof startApp>>;
    let keeping: typeof app;
    let database: ReturnType<typeof createDatabase>;

    beforeAll(async () => {
      await onServer(url, [`CREATE DATABASE "${name}" TEMPLATE "${templateName("catalogue")}"`]);
      proxy = await openProxy(new URL(url));
      const throughProxy = new URL(url);
      throughProxy.host = `127.0.0.1:${proxy.port}`;
      database = createDatabase(
        openPostgres({
          ...postgresSettings(throughProxy.href, name),
          acquireTimeoutMs: 500,
          statementTimeoutMs: 500,
          listenCheckMs: 100,
          onIdleError: () => undefined,
        }),
      );
      const settings = {
        ...{ host: "127.0.0.1", port: 0, playground: false, introspection: false, corsOrigins: [] },
        ...{ explain: false, secureCookies: false, trustedProxyHops: 0, limits: { maxDepth: 15, maxCost: 10_000 } },
        ...{ operationTimeoutMs: 9_000, compiledQueries: true, sharedBatches: true, persistedDocumentsOnly: false },
      };
      // Of the two, the first reads for each request.
      app = await startApp({ ...settings, responseCacheBytes: 0 }, database, await createTestServices(), logger);
      keeping = await startApp(
        { ...settings, responseCacheBytes: 1_000_000 },
        database,
        await createTestServices(),
        logger,
      );
    });

    afterAll(async () => {
      await keeping.stop();
      await app.stop();
      await database.close();
      await proxy.close();
      await onServer(url, [`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`]);
    });

    const ask = (of = app) =>
      fetch(`${of.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: "{ topics(first: 1) { nodes { slug title } } }" }),
      });
    const expectWorking = async () => {
      expect((await ask()).status).toBe(200);
      expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
    };
    const expectAway = async () => {
      const response = await ask();
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("1");
      const { errors } = (await response.json()) as FaultAnswer;
      expect(errors.map(error => [error.message, error.extensions])).toEqual([
        ["The service is unavailable for a moment. Try again.", { code: "SERVICE_UNAVAILABLE" }],
      ]);
      const ready = await fetch(`${app.url}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([503, { status: "unavailable", problem: "database" }]);
      expect((await fetch(`${app.url}/livez`)).status).toBe(200);
    };

    it("is answered with 503 while it refuses connections, and works again by itself", async () => {
      await expectWorking();
      await proxy.set("refuse");
      await expectAway();
      await proxy.set("pass");
      await expectWorking();
    });

    it("is answered with 503 while it says nothing at all, and works again by itself", async () => {
      await expectWorking();
      await proxy.set("stall");
      await expectAway();
      await proxy.set("pass");
      await expectWorking();
    });

    it("may end every connection without a request failing afterwards", async () => {
      await expectWorking();
      await onServer(url, [`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`]);
      // The pool learns of it when the sockets close.
      await proxy.idle();
      await expectWorking();
    });

    it.each(["refuse", "stall"] as const)("is listened to again after a %s, and says when it was not", async mode => {
      await proxy.set("pass");
      const states: boolean[] = [];
      const changed: string[] = [];
      let wake: () => void = () => undefined;
      const end = database.changes.subscribe({
        connected: connected => {
          states.push(connected);
          wake();
        },
        changed: ({ type, ids }) => void changed.push(`${type} ${String(ids)}`),
      });
      const state = async (wanted: boolean) => {
        while (database.changes.isConnected !== wanted) await new Promise<void>(resolve => (wake = resolve));
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
      await expectWorking();
    });

    it("makes no kept answer old: none is given while changes may be missed, and what was missed is seen", async () => {
      const until = async (isProven: boolean) => {
        while (database.changes.isProven !== isProven) await new Promise(resolve => setTimeout(resolve, 20));
      };
      const isKept = async () => {
        let answer = "";
        const sent = await statementsOf(database, async () => {
          answer = await (await ask(keeping)).text();
        });
        return { isKept: sent.length === 0, answer };
      };
      await proxy.set("pass");
      await until(true);
      for (let time = 0; time < 3; time++) await ask(keeping);
      expect(await isKept()).toMatchObject({ isKept: true });
      await proxy.set("refuse");
      await until(false);
      expect((await ask(keeping)).status).toBe(503);
      const direct = createDatabase(openPostgres(postgresSettings(url, name)));
      await direct.models.topic.updateMany({ where: { position: 1 }, data: { title: "Changed meanwhile" } });
      await direct.close();
      await proxy.set("pass");
      await until(true);
      const { answer } = await isKept();
      expect(answer).toContain("Changed meanwhile");
      expect(await isKept()).toEqual({ isKept: true, answer });
    });

    it("leaves each cause in the log, under the id of its request", () => {
      const causes = log
        .map(line => JSON.parse(line) as { requestId?: string; err?: { cause: { stack: string } } })
        .filter(line => line.err && line.requestId);
      expect(causes.length).toBeGreaterThanOrEqual(2);
      for (const { requestId, err } of causes) {
        expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
        expect(err?.cause.stack).toMatch(
          /^Error: (Connection terminated|connect ECONN|Query read timeout|timeout exceeded)/,
        );
      }
    });

    it("ends a statement that runs too long with 503's code", async () => {
      const slow = database.query(sql`SELECT pg_sleep(30)::text AS "slept"`);
      await expect(slow).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    });
  });
}

interface Proxy {
  readonly port: number;
  set(mode: "pass" | "refuse" | "stall"): Promise<void>;
  /** Resolves when every connection made so far is closed. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Stands between the server and its database: passes bytes on, drops and refuses connections, or swallows everything. */
async function openProxy(target: URL): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let stalled = false;
  let listener: Server;
  const listen = (port: number) =>
    new Promise<number>(resolve => {
      listener = createServer(client => {
        const upstream = connect(Number(target.port), target.hostname);
        for (const [from, to] of [
          [client, upstream],
          [upstream, client],
        ] as const) {
          sockets.add(from);
          from.on("error", () => undefined);
          from.on("data", data => (stalled ? undefined : to.write(data)));
          from.on("close", () => {
            sockets.delete(from);
            to.destroy();
          });
        }
      }).listen(port, "127.0.0.1", () => resolve((listener.address() as AddressInfo).port));
    });
  const stop = () =>
    new Promise<void>(resolve => {
      listener.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  const port = await listen(0);
  return {
    port,
    set: async mode => {
      stalled = mode === "stall";
      if (mode === "refuse") await stop();
      else if (!listener.listening) await listen(port);
    },
    idle: async () => {
      const made = [...sockets];
      while (made.some(socket => sockets.has(socket))) await new Promise(resolve => setTimeout(resolve, 10));
    },
    close: stop,
  };
}
