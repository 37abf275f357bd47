// A database that takes what it is asked and says nothing: it cannot end its statements by itself, so the connection is given up.
import { EventEmitter } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { Pool, PoolClient } from "pg";
import { createDatabase, type Database } from "../../../src/db/database";
import { openPostgres } from "../../../src/db/postgres-driver";
import { SilentConnections } from "../../../src/db/silent-connections";
import { sql } from "../../../src/db/sql";
import { openTestDatabase, serverUrl, settingsOf } from "../../support/database";
import { openTcpProxy, type TcpProxy } from "../../support/tcp-proxy";

describe("A connection", () => {
  const limitMs = 80;
  const pool = new EventEmitter();
  const silent = new SilentConnections(pool as Pool, limitMs);
  afterAll(() => silent.stop());

  /** One that is in use, and what it was ended with. */
  function use() {
    const stream = {
      bytesRead: 0,
      bytesWritten: 0,
      endedWith: null as unknown,
      destroy: (error: unknown) => void (stream.endedWith = error),
    };
    const client = { connection: { stream } } as unknown as PoolClient;
    pool.emit("acquire", client);
    return { stream, client };
  }
  const untilEnded = async ({ stream }: ReturnType<typeof use>) => {
    while (stream.endedWith === null) await wait(5);
    return stream.endedWith;
  };

  it("is ended when nothing goes over it for too long, and only then", async () => {
    const [quiet, asking, answered, released, spared] = [use(), use(), use(), use(), use()];
    const traffic = setInterval(() => {
      asking.stream.bytesWritten++;
      answered.stream.bytesRead++;
    }, 5);
    pool.emit("release", undefined, released.client);
    silent.spare(spared.client);
    expect(await untilEnded(quiet)).toMatchObject({ code: "ETIMEDOUT" });
    expect([asking, answered, released, spared].map(({ stream }) => stream.endedWith)).toEqual([
      null,
      null,
      null,
      null,
    ]);
    clearInterval(traffic);
    await untilEnded(asking);
    await untilEnded(answered);
    expect([released, spared].map(({ stream }) => stream.endedWith)).toEqual([null, null]);
  });
});

if (serverUrl === undefined) console.log("PGlite has no connections: this is tested with TEST_DATABASE_URL only.");
else describe("A connection over which PostgreSQL says nothing", onPostgres);

function onPostgres(): void {
  let home: Database;
  let proxy: TcpProxy;
  let database: Database;

  beforeAll(async () => {
    home = await openTestDatabase({ golden: "empty" });
    const direct = new URL((await settingsOf(home))!.url);
    proxy = await openTcpProxy(direct);
    const through = Object.assign(new URL(direct), { hostname: "127.0.0.1", port: String(proxy.port) }).href;
    // Longer than a busy machine takes for what is to work.
    database = createDatabase(
      openPostgres({ url: through, poolSize: 2, acquireTimeoutMs: 2_000, statementTimeoutMs: 2_000 }),
    );
  });
  afterAll(async () => {
    await database.close();
    await proxy.close();
    await home.close();
  });

  it.each([
    ["a statement", () => database.query(sql`SELECT 1 AS "one"`)],
    ["a transaction", () => database.transaction(({ models }) => models.topic.count())],
  ])("is given up, and %s fails as unavailable; the next one has a new connection", async (_, ask) => {
    await ask();
    await proxy.set("stall");
    const startedAt = performance.now();
    await expect(ask()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    // Without it, nothing would ever end here; the statement's own two seconds, half a second more, and what a busy machine adds.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await proxy.set("pass");
    await ask();
  });

  it("is waited for where bulk work goes on: that has no end", async () => {
    const rows = await database.exclusive(async connection => {
      await connection.script(`SELECT pg_sleep(3)`);
      return connection.query(`SELECT 1 AS "one"`);
    });
    expect(rows).toEqual([{ one: 1 }]);
  });
}
