// `npm run bench`: learngraph and its rivals side by side, on one generated catalogue in PostgreSQL, asked for the same data
// (bench/README.md). The servers take turns in every round, so that what else the machine does falls on all; medians of the rounds.
//   --only A,B      servers whose names hold one of these; without learngraph there are no ratios
//   --rounds N      5 when left out
//   --seconds N     of each measurement; 4 when left out
//   --quick         2 rounds of 1 second, for trying
//   --memory        also the memory of each server after 10,000 and after 100,000 pages
//   --keep          leaves the database for the next run, which then takes it as it is
// A run of all servers that is not quick writes bench/results/latest.json, .md and .svg.
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { dropCatalogue, makeCatalogue, onServer } from "./catalogue.mjs";
import { installRivals } from "./install.mjs";
import { encodeRequest, load } from "./load.mjs";
import { kinds, readAnswer } from "./questions.mjs";
import { printTables, writeResults } from "./report.mjs";
import { nodeArguments, poolSize, serverTable } from "./servers.mjs";

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    quick: { type: "boolean", default: false },
    memory: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});
const rounds = wholeNumber("rounds", options.quick ? 2 : 5);
const seconds = wholeNumber("seconds", options.quick ? 1 : 4);
const warmUpSeconds = options.quick ? 0.5 : 1;
const connections = 32;
const latencyConnections = 64;
const memoryRequests = [10_000, 100_000];

const databaseName = "learngraph_rivals";
const size = { topics: 200, tools: 400, lessons: 10_000 };
const slugs = Array.from({ length: size.topics }, (_, index) => `topic-${index + 1}`);
/** Bodies of a few kB, as lessons have: five times what is generated, in each format. */
const longerBodies = `
  ALTER TABLE "lesson" DISABLE TRIGGER USER;
  UPDATE "lesson" SET "body_markdown" = repeat("body_markdown" || E'\\n\\n', 5), "body_html" = repeat("body_html" || E'\\n', 5), "body_text" = repeat("body_text" || E'\\n\\n', 5);
  ALTER TABLE "lesson" ENABLE TRIGGER USER;
  CLUSTER "lesson" USING "lesson_pkey"`;

const temporary = mkdtempSync(`${os.tmpdir()}/learngraph-bench-`);
const running = new Set();
let closing = false;
process.once("SIGINT", () => void close().then(() => process.exit(130)));
process.once("SIGTERM", () => void close().then(() => process.exit(143)));
try {
  await main();
} finally {
  await close();
}

async function main() {
  await installRivals();
  const all = serverTable();
  const wanted = options.only?.split(",").map(part => part.trim().toLowerCase());
  const servers = all.filter(({ name }) => !wanted || wanted.some(part => name.toLowerCase().includes(part)));
  if (servers.length === 0) throw new Error(`No server has a name like ${options.only}.`);
  // Answers of this one are what the others have to give, and what the HTTP limit has stored.
  const reference = all.find(({ name }) => name === "database limit");
  const url = await makeCatalogue(databaseName, size, longerBodies);

  const expected = await startAndAsk(reference, url);
  writeFileSync(
    `${temporary}/stored.json`,
    JSON.stringify(Object.fromEntries(Object.keys(kinds).map(kind => [`/${kind}`, expected.bodies[kind][0]]))),
  );
  const started = [];
  for (const server of servers) {
    const one = server === reference ? expected : await startAndAsk(server, url);
    if (server.name !== "HTTP limit") sameAnswers(one, expected);
    started.push(one);
  }
  console.error(
    `${started.length} servers give the same data; ${rounds} rounds of ${seconds} s, ${connections} connections\n`,
  );

  const results = await measureRounds(started);
  if (options.memory) await measureMemory(results, servers, url, started);
  const report = { ...(await circumstances(servers)), kinds, servers: results };
  printTables(report);
  if (options.quick || options.only) console.log("A quick or partial run: nothing was written to bench/results.");
  else await writeResults(report);
}

/** Starts a server and asks it everything once: @returns { server, child, port, bodies, requests, lengths }, the last three by kind. */
async function startAndAsk(server, url) {
  const port = await freePort();
  const child = start(server, url, port);
  const asked = { server, child, port, bodies: {}, requests: {}, lengths: {} };
  const bodies = kind => {
    const query = server.documents?.[kind] ?? "";
    return kinds[kind].takesSlug ? slugs.map(slug => ({ query, variables: { slug } })) : [{ query, variables: {} }];
  };
  await waitUntilReady(asked, bodies("field")[0]);
  for (const kind of Object.keys(kinds)) {
    const path = server.path(kind);
    asked.requests[kind] = bodies(kind).map(body => encodeRequest(path, body));
    asked.bodies[kind] = [];
    for (const body of bodies(kind)) asked.bodies[kind].push(await ask(port, path, body));
    asked.lengths[kind] = asked.bodies[kind].map(text => Buffer.byteLength(text));
  }
  return asked;
}

function start(server, url, port) {
  // To a file: to read what a server says while it is measured would take the load's time.
  const output = `${temporary}/${port}.log`;
  const file = openSync(output, "w");
  const child = spawn(process.execPath, [...nodeArguments, ...server.arguments], {
    cwd: server.cwd,
    stdio: ["ignore", file, file],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: "production",
      PORT: String(port),
      DATABASE_URL: url,
      STORED_RESPONSES: `${temporary}/stored.json`,
      ...server.env,
    },
  });
  closeSync(file);
  running.add(child);
  child.lastWords = () => readFileSync(output, "utf8").slice(-4000);
  child.once("exit", () => running.delete(child));
  return child;
}

async function waitUntilReady({ server, child, port }, body) {
  const deadline = Date.now() + 60_000;
  let last;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    try {
      return void readAnswer(await ask(port, server.path("field"), body));
    } catch (error) {
      last = error;
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }
  throw new Error(`${server.name} did not start: ${last?.message}\n${child.lastWords()}`);
}

async function ask(port, path, body) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`status ${response.status}: ${text.slice(0, 500)}`);
  return text;
}

function sameAnswers({ server, bodies }, expected) {
  for (const kind of Object.keys(kinds)) {
    bodies[kind].forEach((body, index) => {
      const [found, wanted] = [body, expected.bodies[kind][index]].map(readAnswer);
      if (isDeepStrictEqual(found, wanted)) return;
      const [a, b] = [found, wanted].map(data => JSON.stringify(data, null, 1).split("\n"));
      const line = a.findIndex((text, at) => text !== b[at]);
      throw new Error(`${server.name} gives other data for ${kind} ${index + 1}: ${a[line]} instead of ${b[line]}`);
    });
  }
}

/** Every server in turn, in every round, each kind; the turn starts with another server in each round. */
async function measureRounds(started) {
  const results = started.map(({ server }) => ({
    name: server.name,
    answersFrom: server.answersFrom,
    rates: Object.fromEntries(Object.keys(kinds).map(kind => [kind, []])),
    latencies: [],
  }));
  const turns = [
    ...Object.keys(kinds).map(kind => ({ kind, connections })),
    { kind: "page", connections: latencyConnections },
  ];
  for (let round = 0; round < rounds; round++) {
    for (const turn of turns) {
      for (let step = 0; step < started.length; step++) {
        const place = (step + round) % started.length;
        const measured = await measure(started[place], turn);
        if (turn.connections === connections) results[place].rates[turn.kind].push(measured.requestsPerSecond);
        else results[place].latencies.push({ p50: measured.p50, p99: measured.p99 });
      }
    }
    console.error(`round ${round + 1} of ${rounds} done`);
  }
  return results.map(({ rates, latencies, ...result }) => ({
    ...result,
    requestsPerSecond: Object.fromEntries(Object.entries(rates).map(([kind, rounds]) => [kind, median(rounds)])),
    rounds: rates,
    latencyMs: { p50: median(latencies.map(({ p50 }) => p50)), p99: median(latencies.map(({ p99 }) => p99)) },
  }));
}

async function measure({ server, child, port, requests, lengths }, { kind, connections: count }) {
  const settings = { port, requests: requests[kind], lengths: lengths[kind], connections: count };
  try {
    await load({ ...settings, seconds: warmUpSeconds });
    return await load({ ...settings, seconds });
  } catch (error) {
    throw new Error(`${server.name}, ${kind}: ${error.message}\n${child.lastWords()}`, { cause: error });
  }
}

/** Of processes that are started for it and have answered nothing else. */
async function measureMemory(results, servers, url, started) {
  for (const [place, server] of servers.entries()) {
    await stop(started[place].child);
    const port = await freePort();
    const child = start(server, url, port);
    const { requests, lengths } = started[place];
    await waitUntilReady(
      { server, child, port },
      { query: server.documents?.field ?? "", variables: { slug: slugs[0] } },
    );
    const memory = { started: residentMiB(child) };
    let answered = 0;
    for (const total of memoryRequests) {
      await load({ port, requests: requests.page, lengths: lengths.page, connections, total: total - answered });
      answered = total;
      memory[total] = residentMiB(child);
    }
    results[place].memoryMiB = memory;
    await stop(child);
    console.error(`memory of ${server.name}: ${JSON.stringify(memory)} MiB`);
  }
}

function residentMiB({ pid }) {
  const [, kiB] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Math.round(Number(kiB) / 1024);
}

/** What the figures hold for. */
async function circumstances(servers) {
  const [{ version }] = await onServer("SELECT current_setting('server_version') AS version");
  const versionOf = name =>
    JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
  const packages = [...new Set(servers.flatMap(server => server.packages))].sort();
  return {
    measuredAt: new Date().toISOString(),
    machine: { cpu: os.cpus()[0].model, cores: os.cpus().length, memoryGiB: Math.round(os.totalmem() / 2 ** 30) },
    versions: {
      node: process.version.slice(1),
      postgresql: version,
      ...Object.fromEntries(packages.map(name => [name, versionOf(name)])),
    },
    settings: { rounds, seconds, connections, latencyConnections, poolSize, ...size },
  };
}

async function close() {
  if (closing) return;
  closing = true;
  await Promise.all([...running].map(stop));
  rmSync(temporary, { recursive: true, force: true });
  if (!options.keep) await dropCatalogue(databaseName);
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise(resolve => child.once("exit", resolve));
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await exited;
  clearTimeout(late);
}

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise(resolve => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

function wholeNumber(name, otherwise) {
  const value = Number(options[name] ?? otherwise);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number from 1.`);
  return value;
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
