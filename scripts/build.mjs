// Makes everything that is generated and not committed (steps.mjs), each step only when what it is made from has changed. `--all` makes
// everything anew.
import { makeGenerated } from "./steps.mjs";

const { rest } = await makeGenerated({ anew: process.argv.includes("--all") });
await rest;
