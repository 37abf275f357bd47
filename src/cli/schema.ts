// Writes schema.graphql, or with --check says whether the committed one is what the code builds.
import { readFileSync, writeFileSync } from "node:fs";
import { buildGraphQLSchema, printGraphQLSchema } from "../server/schema";

const file = "schema.graphql";
const printed = printGraphQLSchema(buildGraphQLSchema());
if (!process.argv.includes("--check")) {
  writeFileSync(file, printed);
} else if (readFileSync(file, "utf8") !== printed) {
  console.error(`${file} is not what the code builds. Run \`npm run gen:schema\` and commit it.`);
  process.exitCode = 1;
}
