// What is generated and not committed, and how it is made: each step only when what it is made from has changed, so that `npm start` and
// `npm test` work in a fresh clone, and cost nothing when there is nothing to do.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { availableParallelism, constants } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const node = process.execPath;
/** As many at once as there are cores, in this order: first what others wait for, then what takes long. */
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
    name: "server",
    after: "database client",
    from: ["src", ".swcrc", "scripts/compile.mjs"],
    except: ["src/generated/client", "src/playground"],
    makes: "dist/main.js",
    run: [node, "scripts/compile.mjs"],
  },
  {
    name: "empty database",
    from: ["scripts/make-empty-database.mjs", "node_modules/@electric-sql/pglite/package.json"],
    makes: "dist/empty-database.tar",
    run: [node, "scripts/make-empty-database.mjs"],
  },
  {
    name: "playground",
    from: ["src/playground", "test/operations", "scripts/build-playground.mjs", "docs/api.md", "schema.graphql"],
    makes: "dist/playground/index.html",
    run: [node, "scripts/build-playground.mjs"],
    // The server asks for it last (main.ts).
    meanwhile: true,
  },
  {
    name: "typed client",
    from: ["schema.graphql", "codegen.yml", "test/operations"],
    makes: "src/generated/client/index.ts",
    run: [node, "node_modules/@graphql-codegen/cli/cjs/bin.js", "--config", "codegen.yml"],
    // It says nothing where NODE_ENV is test.
    env: { NODE_ENV: "development" },
    // For tests and other clients: no program of dist/ has it.
    forPrograms: false,
  },
];

const stampDirectory = "dist/.made";
const lock = join(stampDirectory, "lock");
/** They would leave the programs that make things running. */
const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Makes what is out of date; with `anew` everything, with `forPrograms` only what programs of dist/ need. When a step fails, it says why
 * and ends the process.
 * @returns when all is made but what may be made meanwhile; `rest` resolves when that is made too.
 */
export async function makeGenerated({ anew = false, forPrograms = false } = {}) {
  const wanted = steps.filter(step => !forPrograms || step.forPrograms !== false);
  if (!anew && wanted.every(step => isMade(step, stateOf(step)))) return { rest: Promise.resolve() };
  const unlock = await takeLock();
  const children = new Set();
  const end = () => {
    for (const child of children) child.kill("SIGKILL");
    unlock();
  };
  const exit = signal => process.exit(128 + constants.signals[signal]);
  process.once("exit", end);
  for (const signal of endingSignals) process.once(signal, exit);
  let rest;
  await new Promise(onReady => {
    rest = runSteps(wanted, anew, children, onReady).then(
      () => {
        process.off("exit", end);
        for (const signal of endingSignals) process.off(signal, exit);
        end();
      },
      error => {
        console.error(error.message);
        process.exit(1);
      },
    );
  });
  return { rest };
}

/** `onReady` is called when nothing is left but what may be made meanwhile. */
async function runSteps(wanted, anew, children, onReady) {
  const waiting = [...wanted];
  const running = new Map();
  while (waiting.length + running.size > 0) {
    if ([...waiting, ...running.values()].every(({ meanwhile }) => meanwhile)) onReady();
    const next = waiting.findIndex(({ after }) => !running.has(after) && !waiting.some(({ name }) => name === after));
    if (next >= 0 && running.size < availableParallelism()) {
      const [step] = waiting.splice(next, 1);
      const making = make(step, anew, children).then(() => running.delete(step.name));
      running.set(step.name, { ...step, making });
    } else {
      await Promise.race([...running.values()].map(({ making }) => making));
    }
  }
  onReady();
}

async function make(step, anew, children) {
  const state = stateOf(step);
  if (!anew && isMade(step, state)) return;
  // What is cut short is not made, even if all it is made from becomes again what it was.
  fs.rmSync(stampOf(step), { force: true });
  const started = Date.now();
  const { failed, output } = await run(step, children);
  if (failed) throw new Error(`The ${step.name} could not be made:\n${output}`);
  fs.writeFileSync(stampOf(step), state);
  console.log(`made the ${step.name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

function run({ run: [program, ...args], env }, children) {
  return new Promise(resolve => {
    let output = "";
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    children.add(child);
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", text => (output += text));
    child.on("error", error => (output += error.message));
    child.on("close", status => {
      children.delete(child);
      resolve({ failed: status !== 0, output });
    });
  });
}

/**
 * One process at a time: two that write the same files would leave halves of both to whoever reads them. The other waits, and mostly finds
 * nothing left to do. A lock whose process is gone, or has not touched it for half a minute, was left behind.
 * @returns a function that gives the lock back.
 */
async function takeLock() {
  fs.mkdirSync(stampDirectory, { recursive: true });
  // It appears with what is in it, or not at all.
  const draft = `${lock}.${process.pid}`;
  fs.writeFileSync(draft, String(process.pid));
  try {
    for (let told = false; !linked(draft, lock); told = true) {
      if (isLeft()) fs.rmSync(lock, { force: true });
      else if (!told) console.log("another process is making what is out of date: waiting for it");
      await wait(50);
    }
  } finally {
    fs.rmSync(draft, { force: true });
  }
  const touching = setInterval(() => fs.utimesSync(lock, new Date(), new Date()), 1_000);
  return () => {
    clearInterval(touching);
    fs.rmSync(lock, { force: true });
  };
}

function linked(from, to) {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  }
}

function isLeft() {
  const touched = fs.statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
  if (touched === undefined) return false;
  if (Date.now() - touched > 30_000) return true;
  try {
    process.kill(Number(fs.readFileSync(lock, "utf8")), 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

const stampOf = ({ name }) => join(stampDirectory, name.replaceAll(" ", "-"));

function isMade(step, state) {
  return fs.existsSync(step.makes) && fs.existsSync(stampOf(step)) && fs.readFileSync(stampOf(step), "utf8") === state;
}

/** Names and contents: a checkout that changes only times makes nothing anew. */
function stateOf({ from, except = [] }) {
  const hash = createHash("sha256");
  const files = ["package-lock.json", "scripts/steps.mjs", ...from]
    .flatMap(filesOf)
    .filter(file => !except.some(directory => file.startsWith(`${directory}/`)));
  for (const file of files) hash.update(`${file}\n`).update(fs.readFileSync(file)).update("\n");
  return hash.digest("hex");
}

function filesOf(path) {
  if (!fs.existsSync(path)) return [];
  if (!fs.statSync(path).isDirectory()) return [path];
  return fs
    .readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
}
