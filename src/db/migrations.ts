// Applies prisma/migrations in process: forward only, all pending ones in one transaction, by one process at a time. Keeps Prisma's own
// `_prisma_migrations` table, so `prisma migrate status` and `deploy` work on the same database.
import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Connection } from "./driver";
import type { Database } from "./database";
import { lacksPrivilege } from "./database-errors";

export interface Migration {
  name: string;
  script: string;
  /** SHA-256 of the file in hexadecimal, as Prisma stores it. */
  checksum: string;
}

export interface MigrationStatus {
  applied: string[];
  pending: string[];
  /** Applied, but the file has changed since. */
  edited: string[];
  /** Applied by a newer version of the program: their files are not here. */
  unknown: string[];
}

/** A migration that could not be applied, or a history that does not fit the files. The database is as it was before. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/** Any number no other software is likely to lock. */
const advisoryLock = 7_204_559_181;

/** The migrations in `directory`, in the order of their names. */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort();
  return Promise.all(
    names.map(async name => {
      const script = await readFile(join(directory, name, "migration.sql"), "utf8");
      return { name, script, checksum: createHash("sha256").update(script).digest("hex") };
    }),
  );
}

/** Changes nothing. */
export async function migrationStatus(database: Database, migrations: readonly Migration[]): Promise<MigrationStatus> {
  return database.exclusive(connection => statusOf(connection, migrations));
}

/** Begun and not finished: `prisma migrate deploy` leaves those behind when it fails, applyMigrations none. */
export async function failedMigrations(database: Database): Promise<string[]> {
  return database.exclusive(async connection => {
    if (!(await hasHistory(connection))) return [];
    const rows = await connection.query<{ name: string }>(
      `SELECT "migration_name" AS "name" FROM "_prisma_migrations"
       WHERE "finished_at" IS NULL AND "rolled_back_at" IS NULL ORDER BY "migration_name"`,
    );
    return rows.map(({ name }) => name);
  });
}

/**
 * Applies what is pending. Of several processes that call this at once on PostgreSQL, one applies and the others wait and find
 * nothing to do.
 * @returns the names of the migrations it applied.
 * @throws MigrationError that names the migration and the cause; nothing was applied then.
 */
export async function applyMigrations(database: Database, migrations: readonly Migration[]): Promise<string[]> {
  return database.exclusive(async connection => {
    await connection.query("SELECT pg_advisory_xact_lock($1)", [advisoryLock]);
    const status = await statusOf(connection, migrations);
    if (status.edited.length > 0) {
      throw new MigrationError(
        `These migrations were changed after they had been applied: ${status.edited.join(", ")}. Restore them and add a new migration instead.`,
      );
    }
    if (status.pending.length === 0) return [];
    try {
      await connection.script(createHistoryTable);
      for (const migration of migrations) {
        if (status.pending.includes(migration.name)) await applyOne(connection, migration);
      }
    } catch (error) {
      throw lacksPrivilege(error) ? ownerNeeded(status.pending, error) : error;
    }
    return status.pending;
  });
}

function ownerNeeded(pending: readonly string[], cause: unknown): MigrationError {
  return new MigrationError(
    `The role of DATABASE_URL may not apply migrations, and these are pending: ${pending.join(", ")}. Apply them with db:migrate as the owner of the tables.`,
    { cause },
  );
}

async function applyOne(connection: Connection, migration: Migration): Promise<void> {
  try {
    await connection.script(migration.script);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new MigrationError(`The migration ${migration.name} failed and nothing was changed: ${cause}`, {
      cause: error,
    });
  }
  await connection.query(
    `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "started_at", "finished_at", "applied_steps_count")
     VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
    [randomUUID(), migration.checksum, migration.name],
  );
}

async function statusOf(connection: Connection, migrations: readonly Migration[]): Promise<MigrationStatus> {
  const rows = await appliedMigrations(connection);
  const checksums = new Map(rows.map(row => [row.name, row.checksum]));
  const names = new Set(migrations.map(migration => migration.name));
  return {
    applied: rows.map(row => row.name),
    pending: migrations.filter(({ name }) => !checksums.has(name)).map(({ name }) => name),
    edited: migrations
      .filter(({ name, checksum }) => checksums.has(name) && checksums.get(name) !== checksum)
      .map(({ name }) => name),
    unknown: rows.filter(row => !names.has(row.name)).map(row => row.name),
  };
}

async function appliedMigrations(connection: Connection): Promise<{ name: string; checksum: string }[]> {
  if (!(await hasHistory(connection))) return [];
  return connection.query(
    `SELECT "migration_name" AS "name", "checksum" FROM "_prisma_migrations"
     WHERE "finished_at" IS NOT NULL AND "rolled_back_at" IS NULL ORDER BY "migration_name"`,
  );
}

async function hasHistory(connection: Connection): Promise<boolean> {
  const [table] = await connection.query<{ present: boolean }>(
    `SELECT to_regclass('"_prisma_migrations"') IS NOT NULL AS "present"`,
  );
  return table?.present ?? false;
}

/** As Prisma's schema engine makes it. */
const createHistoryTable = `
CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;
