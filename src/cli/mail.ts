// `mail show`: what is in the outbox and in the folder of a development server. Does its work as soon as it is loaded.
import { loadProjectConfig, type ProjectConfig } from "../config/project-config";
import type { Database } from "../db/database";
import { DirectoryInUseError } from "../db/directory-lock";
import { MigrationError } from "../db/migrations";
import { openDatabase } from "../db/open-database";
import { sql } from "../db/sql";
import { mailDirectory, readMailFiles } from "../mail/file.transport";
import type { OutgoingMail } from "../mail/mail.message";
import { listMail, type OutboxEntry } from "../mail/outbox";
import { parseCommandLine, runCommand, UsageError } from "./run-command";

const usage = `Usage:
  mail show [--all] [--limit N]   prints mail with its text, the newest first: what was not sent, and what a server
                                  without SMTP wrote to the folder mail in DATA_DIRECTORY

  --all     also mail that was sent; the text of that is not kept
  --limit   how many at most, 1 to 1000; 20 when left out

While a server has the embedded database, only the folder is shown.`;

/** A mail with what has become of it, for a person. */
type ShownMail = OutgoingMail & { fate: string };

void runCommand(usage, async args => {
  const [command, ...rest] = args;
  if (command === "--help" || command === "-h") {
    console.log(usage);
    return 0;
  }
  if (command === "show") return show(loadProjectConfig(), rest);
  throw new UsageError(command === undefined ? "A command is missing." : `There is no command ${command}.`);
});

async function show(config: ProjectConfig, args: string[]): Promise<number> {
  const { values } = parseCommandLine({
    args,
    options: { all: { type: "boolean", default: false }, limit: { type: "string", default: "20" } },
  });
  const limit = limitOf(values.limit);
  const directory = mailDirectory(config.database.dataDirectory);
  const files = await readMailFiles(directory, limit);
  const entries = await entriesOf(config, { all: values.all, limit });
  if (entries === null) {
    console.error(
      `The embedded database is in use, by a running server perhaps: only what is in ${directory} is shown.`,
    );
  }
  const mails = newestFirst(files, entries ?? []).slice(0, limit);
  console.log(mails.length === 0 ? "no mail" : mails.map(print).join("\n\n"));
  return 0;
}

function limitOf(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 1000) throw new UsageError("--limit must be a whole number from 1 to 1000.");
  return limit;
}

/** Null when another process has the embedded database. */
async function entriesOf(
  config: ProjectConfig,
  options: { all: boolean; limit: number },
): Promise<OutboxEntry[] | null> {
  let database: Database;
  try {
    database = await openDatabase(config.database);
  } catch (error) {
    if (error instanceof DirectoryInUseError) return null;
    throw error;
  }
  try {
    await checkMigrated(database);
    return await listMail(database, options);
  } finally {
    await database.close();
  }
}

async function checkMigrated(database: Database): Promise<void> {
  const [row] = await database.query<{ found: boolean }>(
    sql`SELECT to_regclass('mail_message') IS NOT NULL AS "found"`,
  );
  if (!row?.found) throw new MigrationError("The database has no outbox yet: `npm run db:migrate` makes it.");
}

/** A mail that is both a file and an entry is shown once, with the file's text: an entry that was sent has none. */
function newestFirst(files: readonly OutgoingMail[], entries: readonly OutboxEntry[]): ShownMail[] {
  const shown = new Map<string, ShownMail>();
  const keyOf = ({ id, createdAt }: OutgoingMail) => `${createdAt} ${id}`;
  for (const entry of entries) shown.set(keyOf(entry), { ...entry, fate: fateOf(entry) });
  for (const file of files) shown.set(keyOf(file), { ...file, fate: "written to the folder" });
  return [...shown.values()].sort(
    (a, b) => b.createdAt.localeCompare(a.createdAt) || Number(BigInt(b.id) - BigInt(a.id)),
  );
}

function fateOf({ state, attempts, lastError }: OutboxEntry): string {
  if (attempts === 0) return state;
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return `${state}, ${tries}${lastError === null ? "" : `, ${lastError}`}`;
}

function print({ id, createdAt, recipient, subject, body, fate }: ShownMail): string {
  const head = withoutControls(`${id}  ${createdAt}  ${fate}\nTo: ${recipient}\nSubject: ${subject}`);
  const text = withoutControls(body)
    .trimEnd()
    .replace(/^(?=.)/gm, "    ");
  return text === "" ? head : `${head}\n\n${text}`;
}

/** Names that people gave themselves stand in mail; a terminal would obey what they hold. */
function withoutControls(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(/[^\P{Cc}\n\t]/gu, "\u{FFFD}");
}
