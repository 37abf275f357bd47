// A database of a test's own: a copy of a golden one, on PGlite in memory or on the PostgreSQL server of TEST_DATABASE_URL.
import { randomUUID } from "node:crypto";
import { createDatabase, type Database, type DatabaseSession } from "../../src/db/database";
import { openEmbedded } from "../../src/db/embedded-driver";
import { openPostgres, type PostgresSettings } from "../../src/db/postgres-driver";
import { sql } from "../../src/db/sql";
import { emptyImage, goldenImage, onServer, postgresSettings, templateName, type Golden } from "./golden";

/** Set when the suite runs on a PostgreSQL server. */
export const serverUrl = process.env["TEST_DATABASE_URL"];

export async function openTestDatabase({ golden }: { golden: Golden }): Promise<Database> {
  if (serverUrl !== undefined) return openCopyOnServer(serverUrl, `TEMPLATE "${templateName(golden)}"`);
  return createDatabase(await openEmbedded({ image: goldenImage(golden) }));
}

/** A database without any table. */
export async function openBlankDatabase(): Promise<Database> {
  if (serverUrl !== undefined) return openCopyOnServer(serverUrl, "TEMPLATE template0");
  return createDatabase(await openEmbedded({ image: emptyImage }));
}

/** Where other connections find a database of this file; undefined on PGlite, which has no others. */
export async function settingsOf(database: DatabaseSession): Promise<PostgresSettings | undefined> {
  if (serverUrl === undefined) return undefined;
  const [row] = await database.query<{ name: string }>(sql`SELECT current_database()::text AS "name"`);
  return postgresSettings(serverUrl, row?.name ?? "");
}

/** The same database on connections of its own, as another process has it; on PGlite, which has one connection, the one that is given. */
export async function openAgain(database: Database): Promise<Database> {
  const settings = await settingsOf(database);
  return settings ? createDatabase(openPostgres(settings)) : database;
}

async function openCopyOnServer(url: string, options: string): Promise<Database> {
  const name = `learngraph_test_${randomUUID().replaceAll("-", "")}`;
  await copyWhenFree(url, `CREATE DATABASE "${name}" ${options}`);
  const database = createDatabase(openPostgres(postgresSettings(url, name)));
  return {
    ...database,
    close: async () => {
      await database.close();
      await onServer(url, [`DROP DATABASE "${name}" WITH (FORCE)`]);
    },
  };
}

/** PostgreSQL refuses to copy a template that another worker is just copying from. */
async function copyWhenFree(url: string, statement: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await onServer(url, [statement]);
    } catch (error) {
      if (attempt === 50 || (error as { code?: string }).code !== "55006") throw error;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }
}
