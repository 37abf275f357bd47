// Chooses the database: PostgreSQL where there is a URL, the embedded one in the data directory where there is none.
import { createDatabase, type Database } from "./database";
import { openEmbedded } from "./embedded-driver";
import { replicaPatienceMs } from "./replica";

export interface DatabaseSettings {
  url?: string | undefined;
  /** Where to listen, when `url` is a pooler. */
  directUrl?: string | undefined;
  /** A streaming standby of `url`, for reads of public content. */
  replicaUrl?: string | undefined;
  dataDirectory: string;
  /** The file that a new embedded database is made from, where it is there. */
  image?: string | undefined;
  poolSize: number;
  /** Whether statements that are sent again and again are kept prepared; left out: unless there is a pooler. */
  preparedStatements?: boolean | undefined;
  acquireTimeoutMs: number;
  statementTimeoutMs: number;
}

/** Told of what an operator should know. */
export interface DatabaseLog {
  warn(message: string, cause?: unknown): void;
  info(message: string): void;
}

/** Opens without migrating. @throws DirectoryInUseError when another process has the data directory. */
export async function openDatabase(settings: DatabaseSettings, log?: DatabaseLog): Promise<Database> {
  const { url, directUrl, replicaUrl, poolSize, acquireTimeoutMs, statementTimeoutMs } = settings;
  if (url === undefined) {
    return createDatabase(await openEmbedded({ directory: settings.dataDirectory, image: settings.image }));
  }
  const { openPostgres, openReplicaPool } = await import("./postgres-driver");
  const preparesStatements = settings.preparedStatements ?? directUrl === undefined;
  const onIdleError = (error: Error) => log?.warn("an idle database connection broke", error);
  const driver = openPostgres({
    ...{ url, directUrl, poolSize, acquireTimeoutMs, statementTimeoutMs, preparesStatements, onIdleError },
    onOtherTimeout: () =>
      log?.warn(
        "the database has another statement_timeout than DATABASE_STATEMENT_TIMEOUT_MS: a pooler ignores it; set it with its connect_query (docs/scaling.md)",
      ),
    onPoolerFound: () =>
      log?.warn(
        "statements are no longer prepared: DATABASE_URL is a pooler; set DATABASE_DIRECT_URL to the database itself, or DATABASE_PREPARED_STATEMENTS=false (docs/scaling.md)",
      ),
  });
  if (replicaUrl === undefined) return createDatabase(driver);
  return createDatabase(driver, {
    pool: openReplicaPool({
      ...{ url: replicaUrl, poolSize, preparesStatements: settings.preparedStatements ?? true },
      acquireTimeoutMs: Math.min(acquireTimeoutMs, replicaPatienceMs),
      statementTimeoutMs: Math.min(statementTimeoutMs, replicaPatienceMs),
    }),
    onUse: (isUsed, cause) =>
      isUsed
        ? log?.info("public content is read from the replica")
        : log?.warn("the replica is away: public content is read from the primary", cause),
  });
}
