// `schema`: schema.graphql from the code, and what has changed since the release. Does its work as soon as it is loaded.
import { readFileSync, writeFileSync } from "node:fs";
import { fromProjectRoot } from "../config/project-config";
import { buildGraphQLSchema, printGraphQLSchema } from "../server/schema";
import { parseCommandLine, runCommand, UsageError } from "./run-command";
import { compareSchemas, describeChanges } from "./schema-changes";

const file = "schema.graphql";
const releasedFile = "schema.released.graphql";

const usage = `Usage:
  schema                     writes ${file} from the code
  schema --check             says whether ${file} is what the code builds
  schema --check-changes     shows what has changed since ${releasedFile}; exit code 1 when programs that use that would fail
  schema --release [--force] makes the schema of the code the released one; with --force even when programs that use the old one would fail`;

void runCommand(usage, async args => {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    return 0;
  }
  const option = { type: "boolean", default: false } as const;
  const { values } = parseCommandLine({
    args,
    options: { check: option, "check-changes": option, release: option, force: option },
  });
  const commands = [values.check, values["check-changes"], values.release].filter(Boolean).length;
  if (commands > 1 || (values.force && !values.release)) throw new UsageError("These options do not go together.");

  const printed = printGraphQLSchema(buildGraphQLSchema());
  if (values.check) return check(printed);
  if (values["check-changes"]) return checkChanges(printed);
  if (values.release) return release(printed, values.force);
  writeFileSync(fromProjectRoot(file), printed);
  return 0;
});

function check(printed: string): number {
  if (read(file) === printed) return 0;
  console.error(`${file} is not what the code builds. Run \`npm run gen:schema\` and commit it.`);
  return 1;
}

/** @returns 1 for a change that breaks programs. */
async function checkChanges(printed: string): Promise<number> {
  const changes = await compareSchemas(read(releasedFile), printed);
  console.log(describeChanges(changes));
  if (!changes.some(({ effect }) => effect === "breaking")) return 0;
  console.error("Programs that use the released schema would fail: docs/schema-changes.md says what to do instead.");
  return 1;
}

async function release(printed: string, force: boolean): Promise<number> {
  const exitCode = await checkChanges(printed);
  if (exitCode !== 0 && !force) return exitCode;
  writeFileSync(fromProjectRoot(releasedFile), printed);
  console.log(`wrote ${releasedFile}`);
  return 0;
}

function read(name: string): string {
  return readFileSync(fromProjectRoot(name), "utf8");
}
