// `node scripts/run.mjs <program> [arguments]`: makes what is out of date, then runs the program of dist/ in this process.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import vm from "node:vm";
import { makeGenerated } from "./steps.mjs";

// What is in the environment already counts more.
if (existsSync(".env")) process.loadEnvFile(".env");

const { rest } = await makeGenerated({ forPrograms: true });
const [program, ...args] = process.argv.slice(2);
const file = join(process.cwd(), "dist", `${program}.js`);
process.argv = [process.argv[0], file, ...args];
const require = createRequire(file);
if (program === "main") {
  // The server waits for it before it listens; on a first start it has its database to fill until then.
  globalThis.stillMaking = rest;
  runCached();
} else {
  await rest;
  require(file);
}

/** As require() would, with what V8 compiled last time kept beside the file: a start then takes a quarter of a second less. scripts/compile.mjs removes it: V8 compares lengths only. */
function runCached() {
  const cache = `${file}.cache`;
  const parameters = ["exports", "require", "module", "__filename", "__dirname"];
  const options = { filename: file, cachedData: existsSync(cache) ? readFileSync(cache) : undefined };
  const script = new vm.Script(`(function (${parameters}) {${readFileSync(file, "utf8")}\n})`, options);
  const module = { exports: {} };
  script.runInThisContext().call(module.exports, module.exports, require, module, file, dirname(file));
  // Made a little later, so that it holds what a start needs; made anew when V8 refuses it, as after an update of Node.
  if (!options.cachedData || script.cachedDataRejected) {
    setTimeout(() => writeFileSync(cache, script.createCachedData()), 1_000).unref();
  }
}
