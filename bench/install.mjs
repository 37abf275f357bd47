// Makes the rival servers runnable, each step only when what it is made from has changed: their packages (bench/package-lock.json), the
// Prisma client of learngraph's own models with Pothos' types of them, and JavaScript of those that are written in TypeScript.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const bench = fileURLToPath(new URL(".", import.meta.url));
const models = `${bench}../prisma/schema.prisma`;
const generators = `
generator client {
  provider        = "prisma-client"
  output          = "./prisma"
  previewFeatures = ["relationJoins"]
}

generator pothos {
  provider     = "prisma-pothos-types"
  clientOutput = "./prisma"
  output       = "./pothos-types.ts"
}
`;

export async function installRivals() {
  makeOnce("packages", "node_modules/.made", [`${bench}package-lock.json`], () => run("npm", ["ci"]));
  const sources = [models, `${bench}package-lock.json`, fileURLToPath(import.meta.url)];
  makeOnce("database client", "generated/.made", sources, () => {
    const text = readFileSync(models, "utf8").replace(/generator client \{[^}]*\}\n/, generators);
    mkdirSync(`${bench}generated`, { recursive: true });
    writeFileSync(`${bench}generated/schema.prisma`, text);
    run(process.execPath, [
      "node_modules/prisma/build/index.js",
      "generate",
      "--no-hints",
      "--schema=generated/schema.prisma",
    ]);
  });
  const typescript = readdirSync(`${bench}peers`).filter(file => file.endsWith(".ts"));
  await build({
    entryPoints: typescript.map(file => `${bench}peers/${file}`),
    outdir: `${bench}generated`,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    tsconfig: `${bench}tsconfig.json`,
    logLevel: "warning",
  });
}

function makeOnce(name, stamp, sources, make) {
  const hash = createHash("sha256");
  for (const source of sources) hash.update(readFileSync(source));
  const state = hash.digest("hex");
  const file = bench + stamp;
  if (existsSync(file) && readFileSync(file, "utf8") === state) return;
  console.error(`making the ${name} of the rival servers`);
  make();
  writeFileSync(file, state);
}

function run(command, args) {
  const env = {
    ...process.env,
    PATH: `${bench}node_modules/.bin${delimiter}${process.env.PATH}`,
    // As in prisma.config.ts: the engine only has to be there, and is not downloaded.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: "1",
  };
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: bench, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${error?.message ?? ""}${stdout}${stderr}`);
}
