// A database of a test's own that other processes open too: a data directory of PGlite, or a database on the server of TEST_DATABASE_URL.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "../../src/db/database";
import { openEmbedded } from "../../src/db/embedded-driver";
import { openDatabase, type DatabaseSettings } from "../../src/db/open-database";
import { sql } from "../../src/db/sql";
import { openBlankDatabase, openTestDatabase, serverUrl, settingsOf } from "./database";
import { emptyImage, goldenImage, type Golden } from "./golden";

export interface SharedDatabase {
  /** Where a process of ours keeps its files; on PGlite the database is among them. */
  readonly directory: string;
  readonly settings: DatabaseSettings;
  /** What tells a program of ours which database it is. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs `work` in this process, once no other one has the database open: on PGlite none may. */
  use<T>(work: (database: Database) => Promise<T>): Promise<T>;
  /** Deletes it. No process may have it open on PGlite. */
  remove(): Promise<void>;
}

/** @param content is a golden database, or "blank": without any table. Nothing has it open yet. */
export async function createSharedDatabase(content: Golden | "blank" = "empty"): Promise<SharedDatabase> {
  const directory = mkdtempSync(join(tmpdir(), "learngraph-shared-"));
  const onServer = serverUrl === undefined ? undefined : await openHere(content);
  if (!onServer && content !== "blank") {
    await (await openEmbedded({ directory, image: goldenImage(content) })).close();
  }
  const url = onServer && (await settingsOf(onServer))?.url;
  const limits = { poolSize: 4, acquireTimeoutMs: 20_000, statementTimeoutMs: 20_000 };
  const settings: DatabaseSettings = { url, dataDirectory: directory, image: emptyImage, ...limits };
  return {
    directory,
    settings,
    env: { DATA_DIRECTORY: directory, ...(url === undefined ? {} : { DATABASE_URL: url }) },
    use: async work => {
      // Of a process that was killed, PostgreSQL goes on with what it was sent, and commits it.
      while (onServer && (await othersIn(onServer)) > 0) await new Promise(resolve => setTimeout(resolve, 20));
      const database = await openDatabase(settings);
      try {
        return await work(database);
      } finally {
        await database.close();
      }
    },
    remove: async () => {
      await onServer?.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** How many connections there are to the database beside the one that is asked. */
async function othersIn(database: Database): Promise<number> {
  const [row] = await database.query<{ count: number }>(sql`
    SELECT count(*)::integer AS "count" FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`);
  return row?.count ?? 0;
}

function openHere(content: Golden | "blank"): Promise<Database> {
  return content === "blank" ? openBlankDatabase() : openTestDatabase({ golden: content });
}
