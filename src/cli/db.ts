// `db migrate`, `status`, `role`, `reset`, `seed` and `new`: the database from the command line. Does its work as soon as it is loaded.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { fromProjectRoot, loadProjectConfig, type ProjectConfig } from "../config/project-config";
import { importContent } from "../content/content.import";
import { applicationRoleScript, isRoleName, unsafeRoleState } from "../db/application-role";
import type { Database } from "../db/database";
import { lacksPrivilege, raises } from "../db/database-errors";
import { eraseEmbedded } from "../db/embedded-driver";
import { applyMigrations, migrationStatus, readMigrations, type Migration } from "../db/migrations";
import { openDatabase } from "../db/open-database";
import { importSummary, showProgress } from "./import-report";
import { parseCommandLine, runCommand, UsageError } from "./run-command";

const usage = `Usage:
  db migrate           applies the migrations that the database does not have yet
  db status            says which migrations the database has; exit code 1 unless it has exactly those of prisma/migrations
  db role --name <role> [--print]
                       gives a role of PostgreSQL, which is made if there is none, exactly the rights that a server needs; without those to
                       change audit events or tables. To be run as the owner of the tables
  db reset [--force]   deletes everything in the database, then migrates and seeds it; never with NODE_ENV=production
  db seed              migrates, then imports the content of CONTENT_DIRECTORY, or prisma/content
  db new <name>        for development: writes the migration that prisma/schema.prisma needs; name: lower-case letters, digits, underscores

  --print   writes the SQL instead of running it
  --force   does not ask; needed where there is no terminal to ask on

The database is the one of DATABASE_URL, or the embedded one in DATA_DIRECTORY.`;

const commands: Readonly<Record<string, (config: ProjectConfig, args: string[]) => Promise<number>>> = {
  migrate,
  status,
  role,
  reset,
  seed,
  new: newMigration,
};

void runCommand(usage, async ([name, ...args]) => {
  if (name === "--help" || name === "-h") {
    console.log(usage);
    return 0;
  }
  if (name === undefined) throw new UsageError("A command is missing.");
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`There is no command ${name}.`);
  return command(loadProjectConfig(), args);
});

async function migrate(config: ProjectConfig, args: string[]): Promise<number> {
  parseCommandLine({ args });
  return withDatabase(config, async database => {
    if (!(await migrateAndTell(database))) console.log("nothing to do: the database has all migrations");
    return 0;
  });
}

async function status(config: ProjectConfig, args: string[]): Promise<number> {
  parseCommandLine({ args });
  const { applied, pending, edited, unknown } = await withDatabase(config, async database =>
    migrationStatus(database, await shippedMigrations()),
  );
  const marked = new Set([...edited, ...unknown]);
  const groups: [string, readonly string[], string][] = [
    ["applied", applied.filter(name => !marked.has(name)), ""],
    ["pending", pending, "not applied yet: db migrate"],
    ["edited", edited, "changed after it had been applied: restore the file, add a new migration"],
    ["unknown", unknown, "applied by another version of the program: its file is not here"],
  ];
  for (const [group, names, meaning] of groups) {
    for (const name of names) console.log(`${group.padEnd(8)} ${name}${meaning ? `   (${meaning})` : ""}`);
  }
  return pending.length + edited.length + unknown.length === 0 ? 0 : 1;
}

async function role(config: ProjectConfig, args: string[]): Promise<number> {
  const { values } = parseCommandLine({
    args,
    options: { name: { type: "string" }, print: { type: "boolean", default: false } },
  });
  const { name } = values;
  if (name === undefined) throw new UsageError("The role needs a --name.");
  if (!isRoleName(name)) {
    throw new UsageError("The name must be made of lower-case letters, digits and underscores, at most 63.");
  }
  const script = applicationRoleScript(name);
  if (values.print) {
    console.log(`BEGIN;\n${script}COMMIT;`);
    return 0;
  }
  return withDatabase(config, async database => {
    if (database.kind === "embedded") {
      console.error("The embedded database has one user. Roles are for PostgreSQL: set DATABASE_URL.");
      return 1;
    }
    const { pending } = await migrationStatus(database, await shippedMigrations());
    if (pending.length > 0) {
      console.error("The database lacks migrations: `npm run db:migrate` applies them.");
      return 1;
    }
    try {
      await database.exclusive(connection => connection.script(script));
    } catch (error) {
      if (!(error instanceof Error) || !(raises(error, unsafeRoleState) || lacksPrivilege(error))) throw error;
      console.error(error.message);
      return 1;
    }
    console.log(
      `${name} has the rights that a server needs. Without a password it cannot sign in yet: \\password ${name} in psql`,
    );
    return 0;
  });
}

async function reset(config: ProjectConfig, args: string[]): Promise<number> {
  const { values } = parseCommandLine({ args, options: { force: { type: "boolean", default: false } } });
  if (config.production) {
    console.error("A production database is never reset: NODE_ENV is production.");
    return 1;
  }
  const target = targetOf(config);
  if (!values.force && !(await isConfirmed(target))) {
    console.error("Nothing was changed.");
    return 1;
  }
  if (config.database.url === undefined) eraseEmbedded(config.database.dataDirectory);
  return withDatabase(config, async database => {
    // One script on one connection: another process sees the old tables or none.
    if (database.kind === "postgres") {
      await database.exclusive(connection => connection.script('DROP SCHEMA "public" CASCADE; CREATE SCHEMA "public"'));
    }
    console.log(`everything was deleted in ${target}`);
    await migrateAndTell(database);
    return importAndTell(database, config);
  });
}

async function seed(config: ProjectConfig, args: string[]): Promise<number> {
  parseCommandLine({ args });
  return withDatabase(config, async database => {
    await migrateAndTell(database);
    return importAndTell(database, config);
  });
}

async function newMigration(_config: ProjectConfig, args: string[]): Promise<number> {
  const { positionals } = parseCommandLine({ args, allowPositionals: true });
  const [name] = positionals;
  if (name === undefined || positionals.length > 1) throw new UsageError("Exactly one name must be given.");
  if (!/^[a-z0-9_]{1,80}$/.test(name)) {
    throw new UsageError("The name must be made of lower-case letters, digits and underscores, at most 80.");
  }
  const migrations = await shippedMigrations();
  const schema = await readFile(fromProjectRoot("prisma/schema.prisma"), "utf8");
  // Loaded here only: it is large, and a production installation does not have it.
  const { schemaDifference } = await import("../db/schema-engine");
  const script = await schemaDifference(schema, migrations);
  if (script === "") {
    console.log("nothing to do: the migrations make what prisma/schema.prisma says");
    return 0;
  }
  const folder = `${timestampAfter(migrations)}_${name}`;
  await mkdir(fromProjectRoot(join("prisma/migrations", folder)));
  await writeFile(fromProjectRoot(join("prisma/migrations", folder, "migration.sql")), `${script}\n`);
  console.log(`wrote prisma/migrations/${folder}/migration.sql\nRead it before you apply it with db migrate.`);
  return 0;
}

/** Now, as YYYYMMDDHHMMSS in UTC; one more than the newest migration where that one is not older. */
function timestampAfter(migrations: readonly Migration[]): string {
  const now = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
  const newest = /^\d{14}/.exec(migrations.at(-1)?.name ?? "")?.[0];
  return newest === undefined || now > newest ? now : String(BigInt(newest) + 1n);
}

async function isConfirmed(target: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError(`This deletes everything in ${target}. Say so with --force.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`Delete everything in ${target}? Type yes: `)).trim() === "yes";
  } finally {
    terminal.close();
  }
}

/** For people; without the password. */
function targetOf({ database: { url, dataDirectory } }: ProjectConfig): string {
  if (url === undefined) return `the embedded database of ${dataDirectory}`;
  const { host, pathname } = new URL(url);
  return `the database ${decodeURIComponent(pathname.slice(1))} on ${host}`;
}

async function withDatabase<T>(config: ProjectConfig, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(config.database);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

function shippedMigrations(): Promise<Migration[]> {
  return readMigrations(fromProjectRoot("prisma/migrations"));
}

/** @returns whether there was anything to apply. */
async function migrateAndTell(database: Database): Promise<boolean> {
  const applied = await applyMigrations(database, await shippedMigrations());
  for (const name of applied) console.log(`applied ${name}`);
  return applied.length > 0;
}

async function importAndTell(database: Database, config: ProjectConfig): Promise<number> {
  const report = await importContent(database, config.content.directory, { onProgress: showProgress() });
  console.log(importSummary(report));
  return 0;
}
