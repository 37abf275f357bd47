// `node scripts/run.mjs <program> [arguments]`: makes what is out of date, then runs dist/src/<program>.js in this process.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import "./build.mjs";

const [program, ...args] = process.argv.slice(2);
const file = join(process.cwd(), "dist/src", `${program}.js`);
process.argv = [process.argv[0], file, ...args];
await import(pathToFileURL(file).href);
