// Makes everything that is generated and not committed, each step only when what it is made from has changed: so `npm start` and
// `npm test` work in a fresh clone, and cost nothing when there is nothing to do. `--all` makes everything anew.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const node = process.execPath;
const steps = [
  {
    name: "database client",
    from: ["prisma/schema.prisma", "prisma.config.ts"],
    makes: "src/generated/prisma/client.ts",
    run: [node, "node_modules/prisma/build/index.js", "generate", "--no-hints"],
    // Only has to be there; nothing runs it (see prisma.config.ts). It keeps `prisma generate` from downloading an engine.
    env: { PRISMA_SCHEMA_ENGINE_BINARY: node, PRISMA_HIDE_UPDATE_MESSAGE: "1" },
  },
  {
    name: "typed client",
    from: ["schema.graphql", "codegen.yml", "test/operations"],
    makes: "src/generated/client/index.ts",
    run: [node, "node_modules/@graphql-codegen/cli/cjs/bin.js", "--config", "codegen.yml"],
    // It says nothing where NODE_ENV is test.
    env: { NODE_ENV: "development" },
  },
  {
    name: "playground",
    from: ["src/playground", "test/operations", "scripts/build-playground.mjs", "docs/api.md", "schema.graphql"],
    makes: "dist/playground/index.html",
    run: [node, "scripts/build-playground.mjs"],
    env: {},
  },
  {
    name: "server",
    from: ["src", ".swcrc", "scripts/compile.mjs"],
    makes: "dist/main.js",
    run: [node, "scripts/compile.mjs"],
    env: {},
  },
];

const stampDirectory = "dist/.made";
const everything = process.argv.includes("--all");

for (const step of steps) {
  const stamp = join(stampDirectory, step.name.replaceAll(" ", "-"));
  const state = stateOf(["package-lock.json", "scripts/build.mjs", ...step.from]);
  if (!everything && existsSync(step.makes) && existsSync(stamp) && readFileSync(stamp, "utf8") === state) continue;
  const started = Date.now();
  const result = spawnSync(step.run[0], step.run.slice(1), { env: { ...process.env, ...step.env }, encoding: "utf8" });
  if (result.status !== 0) {
    console.error(
      `The ${step.name} could not be made:\n${result.error?.message ?? ""}${result.stdout ?? ""}${result.stderr ?? ""}`,
    );
    process.exit(1);
  }
  mkdirSync(stampDirectory, { recursive: true });
  writeFileSync(stamp, state);
  console.log(`made the ${step.name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

/** Names and contents: a checkout that changes only times makes nothing anew. */
function stateOf(paths) {
  const hash = createHash("sha256");
  for (const path of paths.flatMap(filesOf)) hash.update(`${path}\n`).update(readFileSync(path)).update("\n");
  return hash.digest("hex");
}

function filesOf(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
}
