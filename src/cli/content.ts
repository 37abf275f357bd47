// `content import`, `content export` and `content check`: the content files from the command line. Does its work as soon as it is loaded.
import { loadProjectConfig, type ProjectConfig } from "../config/project-config";
import { readContentDirectory } from "../content/catalogue.read";
import { exportContent } from "../content/content.export";
import { importContent } from "../content/content.import";
import { formatProblems } from "../content/content.problem";
import { applyMigrations, MigrationError, migrationStatus, readMigrations } from "../db/migrations";
import { openDatabase } from "../db/open-database";
import { exportSummary, importSummary, showProgress } from "./import-report";
import { parseCommandLine, runCommand, UsageError } from "./run-command";

const usage = `Usage:
  content import [directory] [--prune]   writes the content files to the database
  content export [directory] [--prune]   writes what is live in the database to content files
  content check [directory]              says what is wrong with the content files

  directory   CONTENT_DIRECTORY, or prisma/content, when left out
  --prune     an import removes from the database what has no file, an export removes the files of what is not live;
              without it, they stay and are listed`;

void runCommand(usage, async args => {
  const [command, ...rest] = args;
  if (command === "--help" || command === "-h") {
    console.log(usage);
    return 0;
  }
  const config = loadProjectConfig();
  if (command === "check") return check(config, rest);
  if (command === "import") return importFiles(config, rest);
  if (command === "export") return exportFiles(config, rest);
  throw new UsageError(command === undefined ? "A command is missing." : `There is no command ${command}.`);
});

async function check(config: ProjectConfig, args: string[]): Promise<number> {
  const { positionals } = parseCommandLine({ args, allowPositionals: true });
  const { files, problems } = await readContentDirectory(directoryOf(positionals, config), showProgress());
  if (problems.length === 0) {
    console.log(`${files} files, no problems`);
    return 0;
  }
  console.error(formatProblems(problems));
  console.error(`\n${problems.length === 1 ? "1 problem" : `${problems.length} problems`} in ${files} files`);
  return 1;
}

async function importFiles(config: ProjectConfig, args: string[]): Promise<number> {
  const { directory, prune } = parseTransfer(config, args);
  const database = await openDatabase(config.database);
  try {
    const migrations = await applyMigrations(database, await readMigrations(config.directories.migrations));
    if (migrations.length > 0) console.log(`migrations applied: ${migrations.join(", ")}`);
    const report = await importContent(database, directory, { prune, onProgress: showProgress() });
    console.log(importSummary(report));
    return 0;
  } finally {
    await database.close();
  }
}

async function exportFiles(config: ProjectConfig, args: string[]): Promise<number> {
  const { directory, prune } = parseTransfer(config, args);
  const database = await openDatabase(config.database);
  try {
    const { pending } = await migrationStatus(database, await readMigrations(config.directories.migrations));
    // Reading alone must not change the tables of a server that runs.
    if (pending.length > 0)
      throw new MigrationError("The database lacks migrations: `npm run db:migrate` applies them.");
    console.log(exportSummary(await exportContent(database, directory, { prune, onProgress: showProgress() })));
    return 0;
  } finally {
    await database.close();
  }
}

function parseTransfer(config: ProjectConfig, args: string[]): { directory: string; prune: boolean } {
  const { positionals, values } = parseCommandLine({
    args,
    allowPositionals: true,
    options: { prune: { type: "boolean", default: false } },
  });
  return { directory: directoryOf(positionals, config), prune: values.prune };
}

function directoryOf(positionals: readonly string[], config: ProjectConfig): string {
  if (positionals.length > 1) throw new UsageError("At most one directory can be given.");
  return positionals[0] ?? config.content.directory;
}
