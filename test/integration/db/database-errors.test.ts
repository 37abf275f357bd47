// Faults of the database as the rest of the program sees them: which key was broken, and "unavailable" for everything that is worth trying again.
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createDatabase, type Database } from "../../../src/db/database";
import { breaksUniqueKey, brokenUniqueKey } from "../../../src/db/database-errors";
import { openPostgres } from "../../../src/db/postgres-driver";
import { sql } from "../../../src/db/sql";
import { AppError } from "../../../src/errors/app-error";
import { openTestDatabase, serverUrl } from "../../support/database";
import { createTool, createTopic } from "../../support/factories";
import { onServer, postgresSettings } from "../../support/golden";

const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "nothing was thrown",
    (error: unknown) => error,
  );

async function expectUnavailable(work: Promise<unknown>): Promise<void> {
  const error = await thrownBy(work);
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({
    code: "SERVICE_UNAVAILABLE",
    message: "The service is unavailable for a moment. Try again.",
  });
}

describe("Broken unique keys", () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase({ golden: "empty" });
  });
  afterAll(() => database.close());

  it("are known by table and column", async () => {
    await createTopic(database, { slug: "taken" });
    const error = await thrownBy(createTopic(database, { slug: "taken" }));
    expect(breaksUniqueKey(error, "topic", ["slug"])).toBe(true);
    expect(breaksUniqueKey(error, "topic", ["title"])).toBe(false);
  });

  it("are known by all of their columns, also from inside a transaction", async () => {
    const { id: toolId } = await createTool(database);
    const plan = { toolId, name: "Pro", unit: "MONTH", asOf: new Date("2026-06-24"), sourceName: "A page" } as const;
    const error = await thrownBy(
      database.transaction(async ({ models }) => {
        await models.toolPlan.create({ data: { ...plan, position: 1 } });
        await models.toolPlan.create({ data: { ...plan, position: 2 } });
      }),
    );
    expect(breaksUniqueKey(error, "tool_plan", ["tool_id", "name", "unit"])).toBe(true);
    expect(breaksUniqueKey(error, "tool_plan", ["tool_id", "position"])).toBe(false);
    expect(breaksUniqueKey(error, "tool_plan", ["tool_id"])).toBe(false);
  });

  it("are not seen in other errors", async () => {
    const check = await thrownBy(createTopic(database, { slug: "Not A Slug" }));
    expect(check).toBeInstanceOf(Error);
    expect(brokenUniqueKey(check)).toBeUndefined();
    const missing = await thrownBy(database.models.topic.update({ where: { id: -1 }, data: { title: "T" } }));
    expect(missing).toMatchObject({ code: "P2025" });
    expect(brokenUniqueKey(missing)).toBeUndefined();
    expect(brokenUniqueKey("P2002")).toBeUndefined();
    expect(breaksUniqueKey(check, "topic", ["slug"])).toBe(false);
  });
});

describe("A PostgreSQL server that is not there", () => {
  let server: Server;
  let sockets: Socket[];
  beforeEach(async () => {
    sockets = [];
    server = createServer(socket => sockets.push(socket.on("error", () => undefined)));
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  const openThere = () =>
    createDatabase(
      openPostgres({
        url: `postgresql://nobody@127.0.0.1:${(server.address() as AddressInfo).port}/nothing`,
        poolSize: 2,
        acquireTimeoutMs: 200,
        statementTimeoutMs: 200,
      }),
    );

  it.each([
    ["refuses connections", () => server.close()],
    ["takes connections and never says a word", () => undefined],
    ["drops every connection", () => server.on("connection", (socket: Socket) => socket.destroy())],
  ])("is unavailable when it %s, by SQL, by models and in a transaction", async (_, misbehave) => {
    const database = openThere();
    misbehave();
    await expectUnavailable(database.query(sql`SELECT 1`));
    await expectUnavailable(database.transaction(async ({ models }) => models.topic.count()));
    await database.close();
  });
});

if (serverUrl === undefined)
  console.log("PGlite has no pool and no time-outs: their tests run with TEST_DATABASE_URL only.");
else describe("PostgreSQL under strain", () => underStrain(serverUrl ?? ""));

function underStrain(url: string): void {
  let home: Database;
  let database: Database;
  let name: string;
  let idleErrors: Error[];
  beforeAll(async () => {
    home = await openTestDatabase({ golden: "empty" });
    const [row] = await home.query<{ name: string }>(sql`SELECT current_database()::text AS "name"`);
    name = row?.name ?? "";
  });
  afterAll(() => home.close());
  beforeEach(() => {
    idleErrors = [];
    database = createDatabase(
      openPostgres({
        url: postgresSettings(url, name).url,
        poolSize: 2,
        // Short, but longer than a busy machine takes for what is to work.
        acquireTimeoutMs: 2_000,
        statementTimeoutMs: 2_000,
        onIdleError: error => void idleErrors.push(error),
      }),
    );
  });
  afterEach(() => database.close());

  const works = async () => {
    expect(await database.query(sql`SELECT 1 AS "one"`)).toEqual([{ one: 1 }]);
    expect(await database.models.topic.count()).toBe(0);
  };
  const terminateAll = () =>
    onServer(url, [
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '${name}' AND application_name = 'learngraph'`,
    ]);

  it("ends a statement that takes too long, and goes on", async () => {
    await expectUnavailable(database.query(sql`SELECT pg_sleep(20)::text`));
    await expectUnavailable(database.transaction(session => session.query(sql`SELECT pg_sleep(20)::text`)));
    await works();
  });

  it("gives up waiting for a connection when all are taken, and goes on when one is free", async () => {
    let release = (): void => undefined;
    const released = new Promise<void>(resolve => {
      release = resolve;
    });
    const holders = Array.from({ length: 2 }, () => database.exclusive(() => released));
    await expectUnavailable(database.query(sql`SELECT 1`));
    await expectUnavailable(database.transaction(({ models }) => models.topic.count()));
    release();
    await Promise.all(holders);
    await works();
  });

  it("replaces idle connections that the server ended, without a failed statement", async () => {
    await Promise.all([database.query(sql`SELECT 1`), database.query(sql`SELECT 1`)]);
    await terminateAll();
    // The pool hears of it a moment later.
    while (idleErrors.length < 2) await new Promise(resolve => setTimeout(resolve, 10));
    await works();
  });

  it("is unavailable to a transaction whose connection the server ends, keeps nothing of it, and goes on", async () => {
    await expectUnavailable(
      database.transaction(async session => {
        await createTopic(session);
        await terminateAll();
        await session.models.topic.count();
      }),
    );
    await works();
  });

  it("fails exclusive work whose connection the server ends between two statements, and goes on", async () => {
    const work = database.exclusive(async connection => {
      await terminateAll();
      // The connection hears of it while nothing is asked.
      await new Promise(resolve => setTimeout(resolve, 100));
      await connection.query("SELECT 1");
    });
    await expect(work).rejects.toThrow(/not queryable|terminat/i);
    await works();
  });

  it("lets exclusive work take longer than a statement may, and no later work", async () => {
    const slow = await database.exclusive(connection => connection.query(`SELECT pg_sleep(3)::text, 1 AS "one"`));
    expect(slow).toMatchObject([{ one: 1 }]);
    await expectUnavailable(database.query(sql`SELECT pg_sleep(20)::text`));
  });
}
