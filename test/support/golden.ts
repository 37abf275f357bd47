// Where the golden databases are and how a PostgreSQL server is told to copy one.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Client } from "pg";
import type { PostgresSettings } from "../../src/db/postgres-driver";

/** Runs at the same time keep apart. Set by the first process of a run and inherited by its workers. */
const run = (process.env["LEARNGRAPH_TEST_RUN"] ??= randomUUID().slice(0, 8));

export const goldens = ["empty", "catalogue"] as const;
export type Golden = (typeof goldens)[number];

export const goldenDirectory = join(process.cwd(), "node_modules/.cache/learngraph");
/** Of a database without any table (scripts/make-empty-database.mjs). */
export const emptyImage = "dist/empty-database.tar";
export const goldenImage = (golden: Golden): string => join(goldenDirectory, `${golden}-${run}.tar`);
export const templateName = (golden: Golden): string => `learngraph_golden_${golden}_${run}`;

export function postgresSettings(serverUrl: string, database: string): PostgresSettings {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return { url: url.href, poolSize: 5, acquireTimeoutMs: 20_000, statementTimeoutMs: 20_000 };
}

/** Runs statements on the server itself, one after the other, outside any transaction. */
export async function onServer(serverUrl: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
