// Compiles src/ to dist/src with swc, file by file, with the settings that jest uses too (.swcrc), and joins the server into one file,
// dist/main.js: looking up and reading 1,300 modules takes longer than running them. Types are checked by `npm run check:types`.
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { transformFile } from "@swc/core";
import { build } from "esbuild";

const out = "dist/src";
await rm(out, { recursive: true, force: true });
await rm("dist/main.js.cache", { force: true });
const entries = await readdir("src", { recursive: true, withFileTypes: true });
const files = entries
  .filter(entry => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts"))
  .map(entry => join(entry.parentPath, entry.name))
  // Of these no program is made here; what is generated for clients may not even be there yet (steps.mjs).
  .filter(file => !["playground", "generated/client"].some(part => file.startsWith(`${join("src", part)}/`)));
await Promise.all(
  files.map(async file => {
    const target = join(out, relative("src", file)).replace(/\.ts$/, ".js");
    const { code, map } = await transformFile(file, {
      sourceMaps: true,
      sourceFileName: relative(dirname(target), file),
    });
    await mkdir(dirname(target), { recursive: true });
    const name = target.slice(target.lastIndexOf("/") + 1);
    await writeFile(target, `${code}\n//# sourceMappingURL=${name}.map\n`);
    if (map) await writeFile(`${target}.map`, map);
  }),
);

await build({
  entryPoints: ["dist/src/main.js"],
  outfile: "dist/main.js",
  bundle: true,
  platform: "node",
  target: "node20",
  // What reads files beside itself, is not always there, or is rarely switched on.
  external: [
    "@electric-sql/pglite",
    "@node-rs/argon2",
    "@opentelemetry/*",
    "@zxcvbn-ts/language-common",
    "pglite-prisma-adapter",
    "@prisma/client",
    "@prisma/schema-engine-wasm",
    "pg-native",
    "pino-pretty",
    "prom-client",
  ],
  logLevel: "warning",
});
