// PostgreSQL that is there and cannot serve: full, read-only, out of connections, shutting down, recovering, replaced by another one. On
// instances of the test's own, behind a proxy.
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { createDatabase, type Database } from "../../../src/db/database";
import { applyMigrations, readMigrations } from "../../../src/db/migrations";
import { openPostgres } from "../../../src/db/postgres-driver";
import { serverUrl } from "../../support/database";
import { creation, editorsAuthorization, expectUnavailable, Watched, writtenSlugs } from "../../support/faults";
import { heardAll } from "../../support/heard-changes";
import { ownByPostgres, postgresPrograms } from "../../support/own-servers";
import { startPostgresInstance, type PostgresInstance } from "../../support/postgres-instance";
import { canMountSmall, mountSmall, unmount } from "../../support/small-disk";
import { startTestServer } from "../../support/server";
import { createTestServices } from "../../support/services";
import { openTcpProxy, type TcpProxy } from "../../support/tcp-proxy";

const missing = [
  ...(serverUrl === undefined ? ["TEST_DATABASE_URL"] : []),
  ...(postgresPrograms === undefined ? ["PostgreSQL's initdb in /usr/lib/postgresql"] : []),
];
if (missing.length > 0) process.stderr.write(`postgres-states.test.ts: skipped, needs ${missing.join(" and ")}.\n`);
(missing.length > 0 ? describe.skip : describe)("PostgreSQL (needs TEST_DATABASE_URL and PostgreSQL's programs)", () =>
  describeWith(postgresPrograms ?? ""),
);

function describeWith(programs: string): void {
  let small: string | undefined;
  let first: PostgresInstance;
  let second: PostgresInstance;
  let proxy: TcpProxy;
  let database: Database;
  let watched: Watched;
  let log: readonly string[];
  const open: { close(): Promise<void> }[] = [];

  const directly = async <T>(instance: PostgresInstance, work: (direct: Database) => Promise<T>): Promise<T> => {
    const settings = { url: instance.url.href, poolSize: 1, acquireTimeoutMs: 5_000, statementTimeoutMs: 20_000 };
    const direct = createDatabase(openPostgres(settings));
    try {
      return await work(direct);
    } finally {
      await direct.close();
    }
  };
  const migrated = async (): Promise<PostgresInstance> => {
    const instance = await startPostgresInstance(programs, { settings: { max_connections: String(mostConnections) } });
    await directly(
      instance,
      async direct => void (await applyMigrations(direct, await readMigrations("prisma/migrations"))),
    );
    return instance;
  };

  beforeAll(async () => {
    [first, second] = await Promise.all([migrated(), migrated()]);
    proxy = await openTcpProxy(first.url);
    const url = new URL(first.url);
    url.port = String(proxy.port);
    database = createDatabase(
      openPostgres({
        ...{ url: url.href, poolSize: 5, acquireTimeoutMs: 4_000, statementTimeoutMs: 4_000, listenCheckMs: 100 },
        onIdleError: () => undefined,
      }),
    );
    open.push(database, proxy);
    const services = await createTestServices();
    const authorization = await directly(first, direct => editorsAuthorization(direct, services.tokens));
    // The same person signed in at the second one, as a replica of the first would know her.
    await copyPeople();
    const server = await startTestServer({ database, services });
    open.push(server);
    log = server.log;
    watched = new Watched(server.url, authorization);
  }, 120_000);

  afterAll(async () => {
    for (const one of open.reverse()) await one.close();
    for (const instance of [first, second]) instance.remove();
    if (small !== undefined) unmount(small);
  });

  const copyPeople = () =>
    directly(first, from =>
      directly(second, async to => {
        await to.models.user.createMany({ data: await from.models.user.findMany() });
        await to.models.userSession.createMany({ data: await from.models.userSession.findMany() });
      }),
    );

  beforeEach(() => watched.expectWorking());
  afterEach(async () => {
    const { revisions, events } = await directly(first, writtenSlugs);
    expect(events).toEqual(revisions);
  });

  /** Nothing can be written, and reading goes on. */
  const expectReadOnly = async (slug: string) => {
    const answer = await watched.ask(creation(slug));
    expectUnavailable(answer);
    await watched.expectWorking();
    expect((await directly(first, writtenSlugs)).revisions).not.toContain(slug);
  };

  it("is read from while it is read-only, and says 503 to what would write (R25)", async () => {
    await first.run(`ALTER DATABASE "postgres" SET default_transaction_read_only = on`);
    await proxy.ended(() => first.run(endSessions));
    await expectReadOnly("into-read-only");
    await first.run(
      `SET default_transaction_read_only = off`,
      `ALTER DATABASE "postgres" RESET default_transaction_read_only`,
      endSessions,
    );
    await watched.expectRecovery("database read-only");
  });

  (canMountSmall ? describe : describe.skip)("on a disk that is full (needs root, for a tmpfs)", () => {
    it("is read from, says 503 to what would write, and works when there is room", async () => {
      small = mountSmall("8m");
      ownByPostgres(small);
      await first.run(
        `CREATE TABLESPACE "small" LOCATION '${small}'`,
        `ALTER TABLE "audit_event" SET TABLESPACE "small"`,
        `CREATE TABLE "filling" ("text" TEXT) TABLESPACE "small"`,
        `ALTER TABLE "filling" ALTER "text" SET STORAGE PLAIN`,
      );
      const fill = `INSERT INTO "filling" SELECT repeat('x', 4000) FROM generate_series(1, 20)`;
      await expect(first.run(...Array.from({ length: 200 }, () => fill))).rejects.toMatchObject({ code: "53100" });
      const codes = [];
      for (let round = 0; round < 200; round++) {
        const answer = await watched.ask(creation(`into-full-${round}`));
        codes.push(answer.status);
        if (answer.status === 200) continue;
        expectUnavailable(answer);
        break;
      }
      expect(codes.at(-1)).toBe(503);
      await watched.expectWorking();
      await first.run(`DROP TABLE "filling"`);
      await watched.expectRecovery("database's disk full");
    }, 120_000);
  });

  it("is answered for with 503 while others have all its connections", async () => {
    const others: Client[] = [];
    try {
      // All that there are: one that ends is free a little later than it is not to be seen any more.
      while (others.length < mostConnections) {
        const other = new Client({ connectionString: first.url.href });
        other.on("error", () => undefined);
        if (await other.connect().then(...isSo)) others.push(other);
        // What the server had is free for a moment, and goes to the others.
        else await others[0]?.query(endOurSessions);
      }
      await watched.expectAway();
    } finally {
      await Promise.all(others.map(other => other.end()));
    }
    await watched.expectRecovery("database out of connections");
  });

  it.each([
    ["fast", "database shut down"],
    ["immediate", "database crashed"],
  ] as const)(
    "is answered for with 503 after a stop that is %s, and works again when it has started",
    async (how, fault) => {
      const writing = writeUntilRefused("before-stop");
      first.stop(how);
      const acknowledged = await writing;
      await watched.expectAway();
      const starting = first.start();
      // While it recovers (57P03) nothing else is said than while it is away.
      const answer = await watched.read();
      if (answer.status !== 200) expectUnavailable(answer);
      await starting;
      await watched.expectRecovery(fault);
      const { revisions } = await directly(first, writtenSlugs);
      expect(acknowledged.filter(slug => !revisions.includes(slug))).toEqual([]);
    },
  );

  it("may be replaced by another one, where its connections end with it", async () => {
    proxy.aim(second.url);
    proxy.resetAll();
    await watched.expectRecovery("failed over, the old one gone");
    // Written there at the first attempt or at a later one.
    const isAfter = (slug: string) => slug.startsWith("after-failed-over-the-old-one-gone-");
    expect((await directly(second, writtenSlugs)).revisions.filter(isAfter)).toHaveLength(1);
    expect((await directly(first, writtenSlugs)).revisions.filter(isAfter)).toEqual([]);
    proxy.aim(first.url);
    proxy.resetAll();
    await watched.expectWorking();
  });

  it.each([
    ["has made before", false],
    ["makes when that is read-only already", true],
  ])("may be replaced by another one while connections to the old one that it %s stay open", async (_, isMadeLate) => {
    // Existing sessions learn of a setting when the configuration is read again.
    await first.run(`ALTER SYSTEM SET default_transaction_read_only = on`, `SELECT pg_reload_conf()`);
    if (isMadeLate) {
      const made = proxy.taken();
      proxy.resetAll();
      while (proxy.taken() === made) await delay(10);
      await heardAll(database);
    }
    proxy.aim(second.url);
    await watched.expectRecovery("failed over, the old one read-only");
    // The connection that hears of changes went over as well.
    await heardAll(database);
    await first.run(
      `SET default_transaction_read_only = off`,
      `ALTER SYSTEM RESET default_transaction_read_only`,
      `SELECT pg_reload_conf()`,
    );
    proxy.aim(first.url);
    proxy.resetAll();
    await watched.expectWorking();
  });

  it("never was a fault of ours: nothing was masked", () => {
    const faults = log
      .map(line => JSON.parse(line) as { level: string; err?: { type: string } })
      .filter(({ level }) => level === "error");
    expect(new Set(faults.map(({ err }) => err?.type))).toEqual(new Set(["AppError"]));
  });

  async function writeUntilRefused(prefix: string): Promise<string[]> {
    const acknowledged: string[] = [];
    for (let index = 0; ; index++) {
      const slug = `${prefix}-${Date.now()}-${index}`;
      if (!(await watched.write(slug))) return acknowledged;
      acknowledged.push(slug);
    }
  }
}

/** To each instance, those that superusers have for themselves included. */
const mostConnections = 20;
const isSo = [() => true, () => false] as const;

const endOurSessions = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'learngraph%'`;
const endSessions = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`;
