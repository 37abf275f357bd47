// `node scripts/production-files.mjs <folder>`: copies what a production server needs, and nothing else, into an empty folder: the built
// programs with the files of packages that they load (found by following their imports), migrations, content and playground. Of 460 MB
// that npm installs without development dependencies, a server never reads nine tenths. Needs `npm run build` before it.
import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { nodeFileTrace } from "@vercel/nft";

const [target] = process.argv.slice(2);
if (target === undefined || (existsSync(target) && readdirSync(target).length > 0)) {
  console.error("Usage: node scripts/production-files.mjs <a folder that is empty or not there>");
  process.exit(2);
}

/** What an operator runs; the other programs are for development. */
const programs = ["auth", "content", "db", "doctor", "mail", "user"].map(name => `dist/src/cli/${name}.js`);
const entries = ["dist/main.js", ...programs];
/** Read by a name that is put together at run time, so that no import tells of them. */
const assets = [
  "node_modules/@electric-sql/pglite/dist/pglite.wasm",
  "node_modules/@electric-sql/pglite/dist/pglite.data",
  "node_modules/@electric-sql/pglite/dist/initdb.wasm",
  "node_modules/@electric-sql/pglite/dist/pg_trgm.tar.gz",
];
const parts = ["prisma/schema.prisma", "prisma/migrations", "prisma/content", "dist/playground"];
/** Loaded by `db new` and by people's logs alone. */
const development = ["@prisma/schema-engine-wasm", "pino-pretty", "typescript"];

const missing = [...entries, ...assets, ...parts].filter(path => !existsSync(path));
if (missing.length > 0) {
  console.error(`Not there: ${missing.join(", ")}. Has \`npm run build\` run?`);
  process.exit(1);
}
const { fileList } = await nodeFileTrace(entries, { ignore: development.map(name => `node_modules/${name}/**`) });
const files = [...new Set([...fileList, ...assets, "package.json"])].sort();
for (const path of [...files, ...parts]) {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  cpSync(path, join(target, path), { recursive: true });
}
const packages = new Set(files.map(path => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter(Boolean));
const bytes = readdirSync(target, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile())
  .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
console.log(`${(bytes / 1e6).toFixed(1)} MB, with files of ${packages.size} packages → ${target}`);
