// `generate`: a generated catalogue of any size, for measuring. Does its work as soon as it is loaded.
import { loadProjectConfig } from "../config/project-config";
import { generateCatalogue } from "../db/generate/generate-catalogue";
import { applyMigrations, readMigrations } from "../db/migrations";
import { openDatabase } from "../db/open-database";
import { parseCommandLine, runCommand, UsageError } from "./run-command";

const usage = `Usage:
  generate [--topics N] [--tools N] [--lessons N] [--seed S] [--replace]

  --topics    200 when left out, from 1 to 100,000
  --tools     400 when left out, from 1 to 100,000
  --lessons   10,000 when left out, from 0 to 10,000,000
  --seed      1 when left out; the same numbers give the same catalogue
  --replace   removes the catalogue that is there, with learners' progress and bookmarks; without it, such a database is refused

The database is the one of DATABASE_URL, or the embedded one in DATA_DIRECTORY.`;

void runCommand(usage, async args => {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    return 0;
  }
  const { values } = parseCommandLine({
    args,
    options: {
      topics: { type: "string", default: "200" },
      tools: { type: "string", default: "400" },
      lessons: { type: "string", default: "10000" },
      seed: { type: "string", default: "1" },
      replace: { type: "boolean", default: false },
    },
  });
  const size = {
    topics: integer("topics", values.topics, 1, 100_000),
    tools: integer("tools", values.tools, 1, 100_000),
    lessons: integer("lessons", values.lessons, 0, 10_000_000),
  };
  const seed = integer("seed", values.seed, 0, 2_147_483_647);
  const config = loadProjectConfig();
  const database = await openDatabase(config.database);
  const started = Date.now();
  const elapsed = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  try {
    await applyMigrations(database, await readMigrations(config.directories.migrations));
    await generateCatalogue(database, size, {
      seed,
      replace: values.replace,
      onStep: what => console.log(`${elapsed().padStart(8)}  ${what}`),
    });
  } finally {
    await database.close();
  }
  console.log(`${size.topics} topics, ${size.tools} tools and ${size.lessons} lessons in ${elapsed()}`);
  return 0;
});

function integer(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value < min || value > max) {
    throw new UsageError(`--${option} must be a whole number from ${min} to ${max}.`);
  }
  return value;
}
