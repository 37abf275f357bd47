// `content import`, `export`, `check` and `health`: the content files from the command line. Does its work as soon as it is loaded.
import { loadProjectConfig, type ProjectConfig } from "../config/project-config";
import { readContentDirectory } from "../content/catalogue.read";
import { exportContent } from "../content/content.export";
import { importContent } from "../content/content.import";
import { formatProblems, type ContentProblem } from "../content/content.problem";
import { checkAll, checkLiveHealth, type SourceHealth } from "../content/health/health.read";
import { surroundingsOf } from "../content/health/health.surroundings";
import { readLiveScope } from "../content/live.read";
import {
  applyMigrations,
  MigrationError,
  migrationStatus,
  readMigrations,
  type MigrationStatus,
} from "../db/migrations";
import { openDatabase } from "../db/open-database";
import { healthJson, healthReport } from "./health-report";
import { exportSummary, importSummary, showProgress } from "./import-report";
import { parseCommandLine, runCommand, UsageError } from "./run-command";

const usage = `Usage:
  content import [directory] [--prune]   writes the content files to the database
  content export [directory] [--prune]   writes what is live in the database to content files
  content check [directory]              says what is wrong with the content files
  content health [directory] [--json]    says what to mend in the content; exit code 1 when it must not be published so

  directory   CONTENT_DIRECTORY, or prisma/content, when left out; health looks at the database then, if it has content
  --prune     an import removes from the database what has no file, an export removes the files of what is not live;
              without it, they stay and are listed
  --json      prints the findings as JSON`;

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
  if (command === "health") return health(config, rest);
  throw new UsageError(command === undefined ? "A command is missing." : `There is no command ${command}.`);
});

async function check(config: ProjectConfig, args: string[]): Promise<number> {
  const { positionals } = parseCommandLine({ args, allowPositionals: true });
  const { files, problems } = await readContentDirectory(directoryOf(positionals, config), showProgress());
  if (problems.length === 0) {
    console.log(`${files} files, no problems`);
    return 0;
  }
  tellProblems(problems, files);
  return 1;
}

function tellProblems(problems: readonly ContentProblem[], files: number): void {
  console.error(formatProblems(problems));
  console.error(`\n${problems.length === 1 ? "1 problem" : `${problems.length} problems`} in ${files} files`);
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
    refusePending(await migrationStatus(database, await readMigrations(config.directories.migrations)));
    console.log(exportSummary(await exportContent(database, directory, { prune, onProgress: showProgress() })));
    return 0;
  } finally {
    await database.close();
  }
}

/** Reading alone must not change the tables of a server that runs. */
function refusePending({ pending }: MigrationStatus): void {
  if (pending.length > 0) throw new MigrationError("The database lacks migrations: `npm run db:migrate` applies them.");
}

function parseTransfer(config: ProjectConfig, args: string[]): { directory: string; prune: boolean } {
  const { positionals, values } = parseCommandLine({
    args,
    allowPositionals: true,
    options: { prune: { type: "boolean", default: false } },
  });
  return { directory: directoryOf(positionals, config), prune: values.prune };
}

async function health(config: ProjectConfig, args: string[]): Promise<number> {
  const { positionals, values } = parseCommandLine({
    args,
    allowPositionals: true,
    options: { json: { type: "boolean", default: false } },
  });
  const directory = directoryOf(positionals, config);
  const today = new Date().toISOString().slice(0, 10);
  const live = positionals.length === 0 ? await liveHealth(config, today) : undefined;
  const checked = live ?? (await fileHealth(directory, today));
  if (!checked) return 1;
  console.log(values.json ? healthJson(checked, today) : healthReport(checked, live ? "the database" : directory));
  return checked.some(({ findings }) => findings.some(({ severity }) => severity === "ERROR")) ? 1 : 0;
}

/** Undefined when the database has no content. */
async function liveHealth(config: ProjectConfig, today: string): Promise<SourceHealth[] | undefined> {
  const database = await openDatabase(config.database);
  try {
    const status = await migrationStatus(database, await readMigrations(config.directories.migrations));
    if (status.applied.length === 0) return undefined;
    refusePending(status);
    const health = await checkLiveHealth(database, await readLiveScope(database), today);
    return health.length > 0 ? health : undefined;
  } finally {
    await database.close();
  }
}

/** Undefined when the files cannot be read; then says why. */
async function fileHealth(directory: string, today: string): Promise<SourceHealth[] | undefined> {
  const { files, problems, sources } = await readContentDirectory(directory, showProgress());
  if (problems.length === 0) return checkAll(sources, surroundingsOf(sources), today);
  tellProblems(problems, files);
  return undefined;
}

function directoryOf(positionals: readonly string[], config: ProjectConfig): string {
  if (positionals.length > 1) throw new UsageError("At most one directory can be given.");
  return positionals[0] ?? config.content.directory;
}
