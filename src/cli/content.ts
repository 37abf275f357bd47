// `content import` and `content check`: the content files from the command line. Does its work as soon as it is loaded.
import { loadProjectConfig, type ProjectConfig } from "../config/project-config";
import { readContentDirectory } from "../content/catalogue.read";
import { importContent } from "../content/content.import";
import { formatProblems } from "../content/content.problem";
import { applyMigrations, readMigrations } from "../db/migrations";
import { openDatabase } from "../db/open-database";
import { importSummary, showProgress } from "./import-report";
import { parseCommandLine, runCommand, UsageError } from "./run-command";

const usage = `Usage:
  content import [directory] [--prune]   writes the content files to the database
  content check [directory]              says what is wrong with the content files

  directory   CONTENT_DIRECTORY, or prisma/content, when left out
  --prune     removes from the database what has no file; without it, such rows stay and are listed`;

void runCommand(usage, async args => {
  const [command, ...rest] = args;
  if (command === "--help" || command === "-h") {
    console.log(usage);
    return 0;
  }
  const config = loadProjectConfig();
  if (command === "check") return check(config, rest);
  if (command === "import") return importFiles(config, rest);
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
  const { positionals, values } = parseCommandLine({
    args,
    allowPositionals: true,
    options: { prune: { type: "boolean", default: false } },
  });
  const directory = directoryOf(positionals, config);
  const database = await openDatabase(config.database);
  try {
    const migrations = await applyMigrations(database, await readMigrations(config.directories.migrations));
    if (migrations.length > 0) console.log(`migrations applied: ${migrations.join(", ")}`);
    const report = await importContent(database, directory, { prune: values.prune, onProgress: showProgress() });
    console.log(importSummary(report));
    return 0;
  } finally {
    await database.close();
  }
}

function directoryOf(positionals: readonly string[], config: ProjectConfig): string {
  if (positionals.length > 1) throw new UsageError("At most one directory can be given.");
  return positionals[0] ?? config.content.directory;
}
