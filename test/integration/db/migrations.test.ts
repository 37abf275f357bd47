// Migrations: applied once, by one process, all or nothing; a history that does not fit the files is refused; Prisma's own bookkeeping.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Database } from "../../../src/db/database";
import { applyMigrations, migrationStatus, readMigrations, type Migration } from "../../../src/db/migrations";
import { sql } from "../../../src/db/sql";
import { openBlankDatabase } from "../../support/database";

describe("Migrations", () => {
  let database: Database;
  beforeAll(async () => {
    database = await openBlankDatabase();
  });
  afterAll(() => database.close());
  afterEach(() =>
    database.exclusive(connection => connection.script('DROP SCHEMA "public" CASCADE; CREATE SCHEMA "public"')),
  );

  const first = migration(
    "20260101000000_first",
    `CREATE TABLE "one" ("id" INTEGER PRIMARY KEY); INSERT INTO "one" VALUES (1);`,
  );
  const second = migration("20260102000000_second", `CREATE TABLE "two" ("id" INTEGER PRIMARY KEY);`);

  it("are applied in the order of their names, and a second run finds nothing to do", async () => {
    expect(await applyMigrations(database, [first, second])).toEqual([first.name, second.name]);
    expect(await applyMigrations(database, [first, second])).toEqual([]);
    expect(await tables(database)).toEqual(["_prisma_migrations", "one", "two"]);
    expect(await migrationStatus(database, [first, second])).toEqual({
      applied: [first.name, second.name],
      pending: [],
      edited: [],
      unknown: [],
    });
  });

  it("add only what is new to a database that has the earlier ones", async () => {
    await applyMigrations(database, [first]);
    expect((await migrationStatus(database, [first, second])).pending).toEqual([second.name]);
    expect(await applyMigrations(database, [first, second])).toEqual([second.name]);
  });

  it("are applied once when five programs start at once", async () => {
    const runs = await Promise.all(Array.from({ length: 5 }, () => applyMigrations(database, [first, second])));
    expect(runs.filter(applied => applied.length > 0)).toEqual([[first.name, second.name]]);
    expect(await history(database)).toHaveLength(2);
  });

  it("leave the database exactly as it was when one of them fails, and say which and why", async () => {
    const broken = migration(
      "20260103000000_broken",
      `CREATE TABLE "three" ("id" INTEGER); INSERT INTO "nowhere" VALUES (1);`,
    );
    const applying = applyMigrations(database, [first, second, broken]);
    await expect(applying).rejects.toMatchObject({
      name: "MigrationError",
      message: 'The migration 20260103000000_broken failed and nothing was changed: relation "nowhere" does not exist',
    });
    expect(await tables(database)).toEqual([]);
    expect((await migrationStatus(database, [first])).pending).toEqual([first.name]);
  });

  it("keep what an earlier run applied when a later one fails, without a row for the failed one", async () => {
    await applyMigrations(database, [first]);
    const before = await history(database);
    const broken = migration("20260102000000_broken", `ALTER TABLE "one" ADD COLUMN "more" TEXT; SELECT 1/0;`);
    await expect(applyMigrations(database, [first, broken])).rejects.toThrow(
      /20260102000000_broken failed.*division by zero/,
    );
    expect(await history(database)).toEqual(before);
    expect(await database.query(sql`SELECT * FROM "one"`)).toEqual([{ id: 1 }]);
    expect(await applyMigrations(database, [first, second])).toEqual([second.name]);
  });

  it("are refused when an applied one was edited, and nothing new is applied then", async () => {
    await applyMigrations(database, [first]);
    const edited = migration(first.name, `${first.script} -- another thought`);
    expect((await migrationStatus(database, [edited])).edited).toEqual([first.name]);
    await expect(applyMigrations(database, [edited, second])).rejects.toMatchObject({
      name: "MigrationError",
      message: expect.stringContaining(`changed after they had been applied: ${first.name}.`) as string,
    });
    expect(await tables(database)).toEqual(["_prisma_migrations", "one"]);
  });

  it("of a newer version of the program are reported and left alone by an older one", async () => {
    await applyMigrations(database, [first, second]);
    expect(await migrationStatus(database, [first])).toEqual({
      applied: [first.name, second.name],
      pending: [],
      edited: [],
      unknown: [second.name],
    });
    expect(await applyMigrations(database, [first])).toEqual([]);
    expect(await tables(database)).toContain("two");
  });

  it("are looked at without a change: the status of a database without tables makes none", async () => {
    expect((await migrationStatus(database, [first])).applied).toEqual([]);
    expect(await tables(database)).toEqual([]);
  });

  it("are recorded as Prisma records them: checksum of the file, finished, one step, no logs", async () => {
    const shipped = await readMigrations("prisma/migrations");
    await applyMigrations(database, shipped);
    const rows = await database.models.$queryRaw<Record<string, unknown>[]>`
      SELECT "migration_name", "checksum", "applied_steps_count", "logs", "rolled_back_at", "finished_at" >= "started_at" AS "finished"
      FROM "_prisma_migrations" ORDER BY "migration_name"`;
    expect(shipped.length).toBeGreaterThan(0);
    expect(rows).toEqual(
      shipped.map(({ name }) => ({
        migration_name: name,
        checksum: sha256(readFileSync(`prisma/migrations/${name}/migration.sql`)),
        applied_steps_count: 1,
        logs: null,
        rolled_back_at: null,
        finished: true,
      })),
    );
  });
});

function migration(name: string, script: string): Migration {
  return { name, script, checksum: sha256(script) };
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

async function tables(database: Database): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    sql`SELECT tablename::text AS "name" FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
  );
  return rows.map(row => row.name);
}

function history(database: Database): Promise<{ id: string; name: string }[]> {
  return database.query(sql`SELECT "id"::text, "migration_name"::text AS "name" FROM "_prisma_migrations" ORDER BY 2`);
}
