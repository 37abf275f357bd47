// The image without Docker (`npm run test:image`): carries out the Dockerfile's own steps in empty folders, then starts its CMD as its USER,
// as process 1, on a file system that cannot be written, against PostgreSQL, and stops it. Takes a few minutes: it installs and builds
// everything. Needs root on Linux, the npm registry, and a PostgreSQL at TEST_DATABASE_URL.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { after, before, test } from "node:test";
import pg from "pg";
import { makeRoot, runIn, startIn } from "./container.mjs";
import { execForm, parseDockerfile, parseDockerignore } from "./dockerfile.mjs";

const postgres = process.env.TEST_DATABASE_URL ?? "postgresql://postgres@127.0.0.1:5432/postgres";
const limitMB = 80;

const stages = parseDockerfile(readFileSync("Dockerfile", "utf8"));
const image = { env: {}, directory: "/", user: undefined, command: undefined, healthCheck: undefined };
const folder = mkdtempSync(join(tmpdir(), "learngraph-image-"));
const rootOf = name => join(folder, name);
const finalRoot = rootOf(stages.at(-1).name);
const name = `learngraph_image_${randomBytes(4).toString("hex")}`;
const password = randomBytes(16).toString("hex");
const urlOf = (user, secret) => {
  const url = new URL(postgres);
  url.pathname = `/${name}`;
  if (user !== undefined) [url.username, url.password] = [user, secret];
  return url.href;
};
const running = new Set();

before(() => {
  assert.equal(process.getuid?.(), 0, "needs root: it mounts and changes users");
});

after(async () => {
  for (const container of running) container.child.kill("SIGKILL");
  await Promise.all([...running].map(({ ended }) => ended));
  rmSync(folder, { recursive: true, force: true });
  await onServer(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  await onServer(`DROP ROLE IF EXISTS "${name}"`);
});

test("takes nothing into the build that is not in git", () => {
  const isIncluded = parseDockerignore(readFileSync(".dockerignore", "utf8"));
  const committed = new Set(gitFiles());
  const found = [...filesBelow(".", path => !["node_modules", ".git"].includes(path))].filter(isIncluded);
  assert.deepEqual(
    found.filter(path => !committed.has(path)),
    [],
  );
  assert.ok(found.includes("src/main.ts") && found.includes("package-lock.json"));
});

test("builds by the steps of the Dockerfile", async t => {
  const local = await baseImage(stages.map(({ base }) => base));
  for (const stage of stages) {
    const started = Date.now();
    makeRoot(rootOf(stage.name), local);
    const state = { root: rootOf(stage.name), directory: "/", env: { ...registry() } };
    for (const step of stage.steps) await carryOut(step, state);
    if (stage === stages.at(-1)) Object.assign(image, { directory: state.directory });
    t.diagnostic(`stage ${stage.name}: ${((Date.now() - started) / 1000).toFixed(0)} s`);
  }
});

test("holds what a server loads and little else", t => {
  const files = [...filesBelow(join(finalRoot, image.directory))];
  const bytes = files.reduce((sum, path) => sum + statSync(join(finalRoot, image.directory, path)).size, 0);
  t.diagnostic(`${(bytes / 1e6).toFixed(1)} MB in ${files.length} files`);
  assert.ok(bytes < limitMB * 1e6, `more than ${limitMB} MB`);
  const unwanted =
    /(^|\/)(\.env|\.git|\.npmrc|\.npm|test)(\/|$)|node_modules\/(prisma|typescript|esbuild|jest|@swc)\/|\.ts$|\.map$/;
  assert.deepEqual(
    files.filter(path => unwanted.test(path)),
    [],
  );
  assert.deepEqual(readdirSync(join(finalRoot, "usr/local/bin")), ["node"]);
  assert.deepEqual(readdirSync(join(finalRoot, "root")), []);
  assert.match(image.user, /^[1-9]\d*:[1-9]\d*$/);
});

test("migrates, makes the role and imports content with its own programs", async () => {
  await onServer(`CREATE DATABASE "${name}"`);
  const owner = { DATABASE_URL: urlOf() };
  assert.match(await run(["dist/src/cli/db.js", "migrate"], owner), /applied 2/);
  assert.match(await run(["dist/src/cli/content.js", "import"], owner), /topics/);
  assert.match(await run(["dist/src/cli/db.js", "role", "--name", name], owner), /has the rights/);
  await onServer(`ALTER ROLE "${name}" PASSWORD '${password}'`);
});

test("has a doctor", async () => {
  const env = { ...image.env, DATABASE_URL: urlOf(name, password), PUBLIC_URL: "https://learn.example.org" };
  const { code, output } = await startIn(finalRoot, ["node", "dist/src/cli/doctor.js"], { ...image, env }).ended;
  assert.equal(code, 1, output);
  assert.match(output, /^error +keys +there is no key to sign with$/m);
  assert.match(output, /^ok +migrations +all \d+ are applied$/m);
  assert.match(output, /^ok +role /m);
});

test("serves as another user, without rights, on a file system that cannot be written, and ends on SIGTERM", async () => {
  const port = await freePort();
  const server = await startServer(port);
  assert.equal(await health(port), 1, "the health check of a server that does not listen yet");
  await untilReady(port, server);
  assert.equal(await health(port), 0);
  const first = processOne(server);
  const status = readFileSync(`/proc/${first}/status`, "utf8");
  const [user, group] = image.user.split(":");
  assert.match(status, new RegExp(`^Uid:\\s+${user}\\s+${user}\\s.*\\nGid:\\s+${group}\\s`, "m"));
  assert.match(status, /^CapEff:\s+0+$/m);
  assert.match(status, /^NSpid:\s+\d+\s+1$/m);
  const query = '{ topic(by: { slug: "backend-and-api-development" }) { title } }';
  const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
    ...{ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query }) },
  });
  const { data } = await answer.json();
  assert.deepEqual(data, { topic: { title: "Backend and API development" } });
  process.kill(first, "SIGTERM");
  const { code, output } = await server.ended;
  assert.equal(code, 0, output);
  assert.equal(await health(port), 1);
});

test("ends on a SIGTERM that comes while it starts", async () => {
  // It waits for this lock, which migrations are applied under.
  const client = new pg.Client({ connectionString: urlOf() });
  await client.connect();
  await client.query("SELECT pg_advisory_lock(7204559181)");
  const server = await startServer(await freePort(), { MIGRATE_ON_START: "true", DATABASE_URL: urlOf() });
  try {
    await until(async () => {
      const waiting =
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
      return (await client.query(waiting)).rowCount > 0;
    });
    process.kill(processOne(server), "SIGTERM");
    const { code } = await server.ended;
    assert.equal(code, 143);
  } finally {
    await client.end();
  }
});

test("keeps the embedded database in a volume, where there is no PostgreSQL", async () => {
  const output = await run(["dist/src/cli/db.js", "migrate"], { DATA_DIRECTORY: "/tmp/data" });
  assert.match(output, /applied 2/);
});

/** One step of a stage, done to its root. */
async function carryOut({ instruction, flags, rest }, state) {
  const last = state.root === finalRoot;
  const inStage = path => join(state.root, resolve(state.directory, path));
  switch (instruction) {
    case "WORKDIR":
      state.directory = resolve(state.directory, rest);
      mkdirSync(inStage("."), { recursive: true });
      return;
    case "COPY": {
      const paths = rest.split(/\s+/);
      const target = inStage(paths.pop());
      const source = flags.from === undefined ? contextFolder() : rootOf(flags.from);
      for (const path of paths) copy(join(source, path), target);
      return;
    }
    case "RUN":
      await runIn(state.root, ["sh", "-c", rest], state);
      return;
    case "ENV": {
      const [, key, value] = /^(\w+)=(\S*)$/.exec(rest) ?? assert.fail(`not understood: ENV ${rest}`);
      state.env[key] = value;
      if (last) image.env[key] = value;
      return;
    }
    case "USER":
      image.user = rest;
      return;
    case "CMD":
      image.command = execForm(rest);
      return;
    case "HEALTHCHECK":
      image.healthCheck = execForm(rest);
      return;
    case "EXPOSE":
    case "STOPSIGNAL":
      return;
    default:
      assert.fail(`a step that is not known here: ${instruction}`);
  }
}

/** A folder's contents into the folder; a file into it under its name. */
function copy(source, target) {
  if (statSync(source).isDirectory()) return cpSync(source, target, { recursive: true });
  mkdirSync(target, { recursive: true });
  cpSync(source, join(target, source.slice(source.lastIndexOf("/") + 1)));
}

/** What `docker build .` sends, of what git would give to a clone. */
function contextFolder() {
  const context = join(folder, "context");
  if (existsSync(context)) return context;
  const isIncluded = parseDockerignore(readFileSync(".dockerignore", "utf8"));
  for (const path of gitFiles().filter(isIncluded)) {
    mkdirSync(dirname(join(context, path)), { recursive: true });
    cpSync(path, join(context, path));
  }
  return context;
}

function gitFiles() {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    encoding: "utf8",
  });
  return listed.split("\0").filter(path => path !== "" && existsSync(path));
}

function* filesBelow(directory, isWanted = () => true, from = directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (!isWanted(relative(from, path))) continue;
    if (entry.isDirectory()) yield* filesBelow(path, isWanted, from);
    else yield relative(from, path);
  }
}

/** /usr/local of node:<version>-…-slim: Node of that version, from the registry, and this machine's npm. */
async function baseImage(bases) {
  const [version, ...others] = new Set(bases.map(base => /^node:(\d+\.\d+\.\d+)-\w+-slim$/.exec(base)?.[1]));
  assert.ok(version !== undefined && others.length === 0, "all stages start from one pinned version of Node");
  const local = join(folder, "local");
  const packageName = `node-linux-${process.arch}`;
  mkdirSync(join(folder, "node"));
  execFileSync("npm", ["install", "--ignore-scripts", "--no-save", `${packageName}@${version}`], {
    ...{ cwd: join(folder, "node"), stdio: "pipe" },
  });
  mkdirSync(join(local, "bin"), { recursive: true });
  cpSync(join(folder, "node/node_modules", packageName, "bin/node"), join(local, "bin/node"));
  const npm = execFileSync("npm", ["root", "--global"], { encoding: "utf8" }).trim();
  cpSync(join(npm, "npm"), join(local, "lib/node_modules/npm"), { recursive: true });
  for (const program of ["npm", "npx"]) {
    execFileSync("ln", ["-s", `../lib/node_modules/npm/bin/${program}-cli.js`, join(local, "bin", program)]);
  }
  return local;
}

/** How this machine's npm reaches its registry, for the build's npm. */
function registry() {
  const setting = key => execFileSync("npm", ["config", "get", key], { encoding: "utf8" }).trim();
  const settings = [
    ["registry", setting("registry")],
    ["cafile", setting("cafile")],
  ];
  return Object.fromEntries(
    settings.filter(([, value]) => value !== "null").map(([key, value]) => [`npm_config_${key}`, value]),
  );
}

function run(args, env) {
  return runIn(finalRoot, ["node", ...args], { ...image, env: { ...image.env, ...env } });
}

async function startServer(port, env = {}) {
  const keys = await run(["dist/src/cli/auth.js", "new-key"], {});
  const settings = {
    ...{
      PORT: String(port),
      HOST: "127.0.0.1",
      PUBLIC_URL: "https://learn.example.org",
      AUTH_SIGNING_KEYS: keys.trim(),
    },
    ...{ MIGRATE_ON_START: "false", DATABASE_URL: urlOf(name, password) },
  };
  const server = startIn(finalRoot, image.command, { ...image, env: { ...image.env, ...settings, ...env } });
  running.add(server);
  void server.ended.then(() => running.delete(server));
  return server;
}

/** The number that process 1 in there has out here. */
function processOne({ child }) {
  return Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim());
}

async function health(port) {
  const env = { ...image.env, PORT: String(port) };
  return (await startIn(finalRoot, image.healthCheck, { ...image, env }).ended).code;
}

async function untilReady(port, server) {
  await until(async () => {
    if (!running.has(server)) throw new Error(`the server ended:\n${server.output()}`);
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    return answer?.ok ?? false;
  });
}

async function until(isSo) {
  const end = Date.now() + 60_000;
  while (!(await isSo())) {
    assert.ok(Date.now() < end, `waited in vain: ${isSo}`);
    await new Promise(wake => setTimeout(wake, 50));
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise(closed => server.close(closed));
  return port;
}

async function onServer(statement) {
  const client = new pg.Client({ connectionString: postgres });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
