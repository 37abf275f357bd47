// Chooses the database: PostgreSQL where there is a URL, the embedded one in the data directory where there is none.
import { createDatabase, type Database } from "./database";
import { openEmbedded } from "./embedded-driver";

export interface DatabaseSettings {
  url?: string | undefined;
  /** Where to listen, when `url` is a pooler. */
  directUrl?: string | undefined;
  dataDirectory: string;
  poolSize: number;
  acquireTimeoutMs: number;
  statementTimeoutMs: number;
}

/** Opens without migrating. @throws DirectoryInUseError when another process has the data directory. */
export async function openDatabase(
  settings: DatabaseSettings,
  onIdleError?: (error: Error) => void,
): Promise<Database> {
  if (settings.url === undefined) return createDatabase(await openEmbedded({ directory: settings.dataDirectory }));
  const { openPostgres } = await import("./postgres-driver");
  return createDatabase(
    openPostgres({
      url: settings.url,
      directUrl: settings.directUrl,
      poolSize: settings.poolSize,
      acquireTimeoutMs: settings.acquireTimeoutMs,
      statementTimeoutMs: settings.statementTimeoutMs,
      ...(onIdleError ? { onIdleError } : {}),
    }),
  );
}
