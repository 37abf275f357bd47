// Whether the database is what this version of the program expects. The embedded one is opened for it, unless a process has it.
import type { ProjectConfig } from "../../config/project-config";
import type { Database } from "../../db/database";
import { DirectoryInUseError } from "../../db/directory-lock";
import { hasEmbeddedDatabase } from "../../db/embedded-driver";
import { failedMigrations, migrationStatus, readMigrations } from "../../db/migrations";
import { openDatabase } from "../../db/open-database";
import { inspectRole } from "../../db/postgres-inspection";
import { failure, ok, warning, type Check } from "./checkup";
import { limitMs } from "./postgres.check";

export function migrationsCheck(config: ProjectConfig): Check {
  const { url, dataDirectory, migrateOnStart } = config.database;
  return {
    name: "migrations",
    run: async () => {
      if (url === undefined && !hasEmbeddedDatabase(dataDirectory)) {
        return [ok("none yet: the first start applies them")];
      }
      const mayMigrate = url === undefined || (await inspectRole({ url, limitMs })).isOwner;
      let database: Database;
      try {
        database = await openDatabase({ ...config.database, poolSize: 1, acquireTimeoutMs: limitMs });
      } catch (error) {
        if (!(error instanceof DirectoryInUseError)) throw error;
        return [ok("not checked while a process has the embedded database; a server checks them when it starts")];
      }
      try {
        return await describe(database, config.directories.migrations, migrateOnStart && mayMigrate);
      } finally {
        await database.close();
      }
    },
  };
}

async function describe(database: Database, directory: string, isAppliedAtStart: boolean) {
  const { applied, pending, edited, unknown } = await migrationStatus(database, await readMigrations(directory));
  const failed = await failedMigrations(database);
  const found = [];
  if (failed.length > 0) {
    found.push(failure(`begun and not finished: ${failed.join(", ")}. See what is there, then prisma migrate resolve`));
  }
  if (edited.length > 0) {
    found.push(
      failure(`changed after they had been applied: ${edited.join(", ")}. Restore the files and add a new migration`),
    );
  }
  if (unknown.length > 0) {
    found.push(
      warning(
        `the database is newer than this program: ${unknown.join(", ")}. Use the program that has them, but during an update`,
      ),
    );
  }
  if (pending.length > 0) {
    const what = `not applied yet: ${pending.join(", ")}`;
    found.push(
      isAppliedAtStart
        ? warning(`${what}. The next start applies them`)
        : failure(`${what}. As the owner of the tables: db migrate`),
    );
  }
  return found.length > 0 ? found : [ok(`all ${applied.length} are applied`)];
}
