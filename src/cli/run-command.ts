// What all command line programs share: exit codes, and errors that are meant for a person printed without a stack.
import { parseArgs, type ParseArgsConfig } from "node:util";
import { SigningKeyError } from "../auth/signing-keys";
import { ConfigError } from "../config/config";
import { ContentError } from "../content/content.problem";
import { translateDatabaseError } from "../db/database-errors";
import { DirectoryInUseError } from "../db/directory-lock";
import { MigrationError } from "../db/migrations";
import { AppError } from "../errors/app-error";
import { PersistedDocumentsError } from "../server/persisted-documents";

/** A command line that cannot be understood; its message is followed by the usage. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const errorsForPeople = [
  AppError,
  ConfigError,
  ContentError,
  DirectoryInUseError,
  MigrationError,
  PersistedDocumentsError,
  SigningKeyError,
];

/**
 * Runs a program and sets the exit code of the process: what `main` returns; 2 for a UsageError; 1 for every other error. Does not
 * end the process, so that everything printed arrives.
 */
export async function runCommand(usage: string, main: (args: string[]) => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    process.exitCode = error instanceof UsageError ? 2 : 1;
    // A half-written progress line may stand there.
    const clear = process.stderr.isTTY ? "\r\x1b[K" : "";
    process.stderr.write(`${clear}${describe(error, usage)}\n`);
  }
}

/** `parseArgs` of Node. @throws UsageError for what `config` does not know. */
export function parseCommandLine<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    if (error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS")) {
      throw new UsageError(error.message.split(". ")[0], { cause: error });
    }
    throw error;
  }
}

function describe(thrown: unknown, usage: string): string {
  if (thrown instanceof UsageError) return `${thrown.message}\n\n${usage}`;
  const error = isForPeople(thrown) ? thrown : translateDatabaseError(thrown);
  if (!(error instanceof Error)) return String(error);
  if (!isForPeople(error)) return error.stack ?? error.message;
  // The person at the terminal may know what the database said; a client of the server must not.
  const cause = error instanceof AppError && error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return `${error.message}${cause}`;
}

function isForPeople(error: unknown): boolean {
  return errorsForPeople.some(kind => error instanceof kind);
}
