// Where the golden databases are and how a PostgreSQL server is told to copy one.
import { join } from "node:path";
import { Client } from "pg";
import type { PostgresSettings } from "../../src/db/postgres-driver";

export type Golden = "empty" | "catalogue";

export const goldenDirectory = join(process.cwd(), "node_modules/.cache/learngraph");
export const goldenImage = (golden: Golden): string => join(goldenDirectory, `${golden}.tar`);
export const templateName = (golden: Golden): string => `learngraph_golden_${golden}`;

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
