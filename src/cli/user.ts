// `user create`: an account with a role, from the command line: how the first admin comes to be. Does its work as soon as it is loaded.
import { text } from "node:stream/consumers";
import { createInterface } from "node:readline/promises";
import { isEmail } from "class-validator";
import { createPasswordService, passwordProblem } from "../auth/passwords";
import { loadProjectConfig } from "../config/project-config";
import { breaksUniqueKey } from "../db/database-errors";
import { applyMigrations, readMigrations } from "../db/migrations";
import { openDatabase } from "../db/open-database";
import { AppError } from "../errors/app-error";
import { parseCommandLine, runCommand, UsageError } from "./run-command";

const usage = `Usage:
  user create --email <address> --name <name> [--role LEARNER|EDITOR|ADMIN]

  --email   the address to sign in with; it counts as verified
  --name    the name to show, 1 to 80 characters
  --role    LEARNER when left out

Asks for the password, or reads it from standard input where there is no terminal. The database is the one of DATABASE_URL, or the
embedded one in DATA_DIRECTORY, which no other process may have open.`;

const roles = ["LEARNER", "EDITOR", "ADMIN"] as const;

void runCommand(usage, async ([command, ...args]) => {
  if (command === "--help" || command === "-h") {
    console.log(usage);
    return 0;
  }
  if (command !== "create")
    throw new UsageError(command === undefined ? "A command is missing." : `There is no command ${command}.`);
  const { values } = parseCommandLine({
    args,
    options: { email: { type: "string" }, name: { type: "string" }, role: { type: "string", default: "LEARNER" } },
  });
  const email = values.email?.trim() ?? "";
  const displayName = values.name ?? "";
  const role = roles.find(known => known === values.role);
  if (!isEmail(email) || email.length > 254) throw new UsageError("--email must be an email address.");
  if (displayName.length < 1 || displayName.length > 80) throw new UsageError("--name must have 1 to 80 characters.");
  if (!role) throw new UsageError(`--role must be one of ${roles.join(", ")}.`);
  const password = await readPassword();
  const problem = passwordProblem(password, [email, displayName]);
  if (problem !== null) throw new UsageError(problem);

  const config = loadProjectConfig();
  const passwords = createPasswordService({ ...config.accounts.passwordHash, parallelism: 1, queue: 1 });
  const passwordHash = await passwords.hash(password, "::1");
  const database = await openDatabase(config.database);
  try {
    await applyMigrations(database, await readMigrations(config.directories.migrations));
    const emailKey = email.normalize("NFKC").toLowerCase();
    await database.models.user.create({
      data: { email, emailKey, displayName, role, passwordHash, emailVerifiedAt: new Date() },
    });
  } catch (error) {
    if (!breaksUniqueKey(error, "app_user", ["email_key"])) throw error;
    throw new AppError("CONFLICT", "There is an account with this address already.");
  } finally {
    await database.close();
  }
  console.log(`created ${email} as ${role}`);
  return 0;
});

async function readPassword(): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, "");
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await prompt.question("Password (shown as you type): ");
  } finally {
    prompt.close();
  }
}
