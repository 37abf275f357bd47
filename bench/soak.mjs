// `npm run soak`: does a server that works for long stay as it was? Ten minutes of everything that clients and editors do, at a steady pace, while
// memory (after a collection of garbage), handles and the delay of the event loop are sampled. Ends with 1 when one of them grows, or when an
// answer is not what it should be. Budgets are kept as by default, and nearly every request is from another address. On PostgreSQL
// (BENCH_DATABASE_URL) when it is reachable, else on PGlite.
//   --minutes N   10 when left out
//   --every N     seconds between samples; 10 when left out
//   --embedded    PGlite, also when PostgreSQL is reachable
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import os from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { dropCatalogue, onServer } from "./catalogue.mjs";
import { nodeArguments } from "./servers.mjs";

const require = createRequire(import.meta.url);
const { loadContentIfEmpty, migrateDatabase } = require("../dist/src/server/app.js");
const { mostAskers } = require("../dist/src/server/cost-budget.js");
const { newSigningKey, parseSigningKeys } = require("../dist/src/auth/signing-keys.js");
const { createTokenService } = require("../dist/src/auth/tokens.js");
const { openDatabase } = require("../dist/src/db/open-database.js");

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    every: { type: "string", default: "10" },
    embedded: { type: "boolean", default: false },
  },
});
const root = fileURLToPath(new URL("..", import.meta.url));
const databaseName = "learngraph_soak";
const publicUrl = "https://learn.example.org";
const durationMs = Number(values.minutes) * 60_000;

/** By how much each may grow over the last two thirds: a share of what it is, and something that is nothing in any case. */
const bounds = {
  heapUsed: { share: 0.1, least: 4e6 },
  external: { share: 0.1, least: 4e6 },
  rss: { share: 0.15, least: 20e6 },
  handles: { share: 0.1, least: 10 },
  mean: { share: 0.5, least: 5 },
};

const directory = mkdtempSync(join(os.tmpdir(), "learngraph-soak-"));
const isOnServer =
  !values.embedded &&
  (await onServer("SELECT 1").then(
    () => true,
    () => false,
  ));
const counts = new Map();
const wrong = new Map();
let addresses = 0;
let failed = true;
let stopped = false;
try {
  const server = await startServer();
  await fillBudgets(server);
  const lanes = startLoad(server);
  const samples = await watch(server);
  stopped = true;
  await Promise.all(lanes);
  server.child.kill("SIGTERM");
  await once(server.child, "exit");
  failed = report(samples) || wrong.size > 0;
} finally {
  rmSync(directory, { recursive: true, force: true });
  if (isOnServer) await dropCatalogue(databaseName);
}
process.exit(failed ? 1 : 0);

async function startServer() {
  let url;
  if (isOnServer) {
    await dropCatalogue(databaseName);
    await onServer(`CREATE DATABASE ${databaseName}`);
    const [{ host, port }] = await onServer("SELECT host(inet_server_addr()) AS host, inet_server_port() AS port");
    const given = new URL(process.env.BENCH_DATABASE_URL ?? `postgresql://postgres@${host}:${port}`);
    url = Object.assign(given, { pathname: `/${databaseName}` }).href;
  }
  const keys = JSON.stringify({ keys: [await newSigningKey()] });
  const viewer = await prepare(url);
  const tokens = createTokenService({ keys: await parseSigningKeys(keys), issuer: publicUrl, audience: "learngraph" });
  const env = {
    ...{ PATH: process.env.PATH, NODE_ENV: "production", HOST: "127.0.0.1", PORT: "0", LOG_LEVEL: "info" },
    ...{ DATA_DIRECTORY: directory, PUBLIC_URL: publicUrl, AUTH_SIGNING_KEYS: keys, TRUSTED_PROXY_HOPS: "1" },
    // Full within the first third, so that what grows afterwards is no cache.
    RESPONSE_CACHE_MB: "8",
    ...(url === undefined ? {} : { DATABASE_URL: url }),
  };
  const probe = fileURLToPath(new URL("soak-probe.cjs", import.meta.url));
  const args = ["--expose-gc", ...nodeArguments, "--disable-warning=ExperimentalWarning", "--require", probe];
  const child = spawn(process.execPath, [...args, "dist/main.js"], {
    ...{ cwd: root, env },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const address = await new Promise((resolve, reject) => {
    child.once("exit", code => reject(new Error(`the server ended with ${code}`)));
    child.stdout.on("data", part => {
      const found = /ready at (http:\/\/[\w.:]+)\//.exec(String(part))?.[1];
      if (found) resolve(found);
    });
  });
  // Signed anew, so that a long soak does not end with it.
  const authorization = async () => `Bearer ${(await tokens.signAccess(viewer)).token}`;
  return { child, url: address, authorization };
}

/** Content and an editor. @returns who the editor is. */
async function prepare(url) {
  const log = { info: () => undefined };
  const limits = { poolSize: 4, acquireTimeoutMs: 10_000, statementTimeoutMs: 60_000 };
  const database = await openDatabase({ url, dataDirectory: directory, ...limits });
  try {
    await migrateDatabase(database, join(root, "prisma/migrations"), log);
    await loadContentIfEmpty(database, join(root, "prisma/content"), log);
    const { id } = await database.models.user.create({
      data: {
        email: "editor@example.org",
        emailKey: "editor@example.org",
        displayName: "Editor",
        passwordHash: "none",
        role: "EDITOR",
      },
    });
    const expiresAt = new Date(Date.now() + 7 * 86_400_000);
    const session = await database.models.userSession.create({ data: { userId: id, expiresAt, address: "::" } });
    return { userId: id, sessionId: session.id };
  } finally {
    await database.close();
  }
}

/** What a proxy tells of a client that was not there before: what one address may do is bounded, and what is remembered of each is measured. */
function fromAnybody() {
  const at = addresses++;
  return { "x-forwarded-for": `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}` };
}

/** Until as many budgets are remembered as ever are: each further asker takes the place of one, so what grows afterwards is not these. */
async function fillBudgets({ url }) {
  const agent = new http.Agent({ keepAlive: true });
  const started = performance.now();
  const lane = async () => {
    while (addresses < mostAskers) {
      const { status, body } = await post(`${url}/graphql`, agent, { query: "{ __typename }" }, fromAnybody());
      if (status !== 200 || body.errors) throw new Error(`an asker is answered ${status} ${JSON.stringify(body)}`);
    }
  };
  await Promise.all(Array.from({ length: 32 }, lane));
  agent.destroy();
  const seconds = ((performance.now() - started) / 1_000).toFixed(0);
  console.log(`${mostAskers.toLocaleString("en")} askers came once each, in ${seconds} s.\n`);
}

/** @returns the lanes of the load, each of which ends some time after `stopped`. */
function startLoad({ url, authorization }) {
  const agent = new http.Agent({ keepAlive: true });
  const operation = name => readFileSync(join(root, `test/operations/${name}.graphql`), "utf8");
  const [topicPage, search] = [operation("TopicPage"), operation("Search")];
  const slugs = ["backend-and-api-development", "content-writing", "data-analysis", "customer-support"];
  const words = ["claude", "prompt", "review", "spreadsheet", "debug", "agent"];
  let made = 0;
  const pick = list => list[made++ % list.length];
  class ElsewhereWebSocket extends WebSocket {
    constructor(address, protocols) {
      super(address, protocols, { headers: fromAnybody() });
    }
  }

  const ask = async (name, query, variables = {}, headers = fromAnybody()) => {
    const { status, body } = await post(`${url}/graphql`, agent, { query, variables }, headers);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return { status, ...body };
  };
  const expect = (name, answer, isRight) => {
    if (isRight) return;
    // What the server refuses because it has too much to do, where the machine is shared, is counted and no fault.
    if (answer.status === 503) return void counts.set("refused", (counts.get("refused") ?? 0) + 1);
    const what = `${name}: ${JSON.stringify(answer).slice(0, 300)}`;
    wrong.set(what, (wrong.get(what) ?? 0) + 1);
  };
  const lane = async (pauseMs, work) => {
    while (!stopped) {
      await work().catch(error => expect("no answer", String(error), false));
      await delay(pauseMs);
    }
  };
  const good = (name, answer) => expect(name, answer, answer.status === 200 && !answer.errors);

  const jobs = {
    cached: [10, async () => good("cached", await ask("cached page", topicPage, { slug: pick(slugs) }))],
    uncached: [
      5,
      async () => {
        // A document that nobody sent before, and so long that what is remembered of documents is full soon.
        const query = `{ a${made++}: lessons(first: 20) { totalCount nodes { slug title tools { nodes { slug } } } } ${" ".repeat(1_500)} }`;
        good("uncached", await ask("uncached page", query));
      },
    ],
    search: [
      50,
      async () =>
        good("search", await ask("search", search, { query: `${pick(words)} ${made++ % 5_000}`, filter: {} })),
    ],
    account: [
      1_000,
      async () => {
        const headers = fromAnybody();
        const [email, password] = [`soak-${made++}@example.org`, "weaving-algebraic-patterns"];
        const up = `mutation ($email: String!, $password: String!) { signUp(input: { email: $email, password: $password, displayName: "S" }) { userErrors { code } } }`;
        good("sign-up", await ask("sign-up", up, { email, password }, headers));
        const input = `mutation ($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) { tokens { accessToken } userErrors { code } } }`;
        const answer = await ask("sign-in", input, { email, password }, headers);
        good("sign-in", answer);
        const token = answer.data?.signIn?.tokens?.accessToken;
        const viewer = await ask(
          "viewer",
          "{ viewer { user { displayName } } }",
          {},
          { ...headers, authorization: `Bearer ${token}` },
        );
        expect("viewer", viewer, viewer.data?.viewer?.user?.displayName === "S");
      },
    ],
    progress: [
      200,
      async () => {
        const headers = fromAnybody();
        const guest = await ask("guest", "mutation { createGuest(input: {}) { guestToken } }", {}, headers);
        const as = { ...headers, "x-guest-token": guest.data?.createGuest?.guestToken ?? "" };
        const { data } = await ask("cached page", "{ lessons(first: 30) { nodes { id } } }");
        const lessonId = pick(data.lessons.nodes).id;
        const complete = `mutation ($lessonId: ID!) { completeLesson(input: { lessonId: $lessonId }) { lesson { progress { state } } userErrors { code } } }`;
        const answer = await ask("progress", complete, { lessonId }, as);
        const { lesson, userErrors } = answer.data?.completeLesson ?? {};
        // Some lessons are for accounts.
        expect(
          "progress",
          answer,
          lesson?.progress?.state === "COMPLETED" ||
            userErrors?.length === 1 ||
            answer.errors?.[0]?.extensions?.code === "FORBIDDEN",
        );
      },
    ],
    live: [
      300,
      async () => {
        const client = createClient({
          url: `${url.replace("http", "ws")}/graphql`,
          webSocketImpl: ElsewhereWebSocket,
          retryAttempts: 0,
        });
        const query = "subscription { topicPublished { topic { slug } } }";
        client.subscribe(
          { query },
          {
            next: () => counts.set("event", (counts.get("event") ?? 0) + 1),
            error: () => undefined,
            complete: () => undefined,
          },
        );
        counts.set("subscription", (counts.get("subscription") ?? 0) + 1);
        await delay(1_000);
        await client.dispose();
      },
    ],
    errors: [
      100,
      async () => {
        const bad = pick([
          `{ unknown${made++} }`,
          `{ topics(first: ${1_000 + made++}) { nodes { slug } } }`,
          "{ topics {",
          "",
        ]);
        const answer = await ask("error", bad);
        expect("error", answer, answer.status < 500 && answer.errors?.length > 0);
      },
    ],
    editor: [
      2_000,
      async () => {
        const headers = { authorization: await authorization() };
        const slug = `soak-${made++}`;
        const content = `{ name: "${slug}", vendor: "V", category: CODE_EDITOR, tagline: "T", website: "https://example.org", pricingModel: FREE, description: "A tool." }`;
        const created = await ask(
          "draft",
          `mutation { createTool(input: { slug: "${slug}", content: ${content} }) { revision { id } userErrors { message } } }`,
          {},
          headers,
        );
        const id = created.data?.createTool?.revision?.id;
        if (id === undefined) return expect("draft", created, false);
        const done = await ask(
          "publication",
          `mutation { publishRevision(input: { revisionId: "${id}" }) { revision { state } userErrors { message } } }`,
          {},
          headers,
        );
        expect("publication", done, done.data?.publishRevision?.revision?.state === "PUBLISHED");
      },
    ],
  };
  return [...Object.values(jobs), jobs.cached, jobs.uncached, jobs.search].map(([pauseMs, work]) =>
    lane(pauseMs, work),
  );
}

function post(url, agent, body, headers) {
  return new Promise((resolve, reject) => {
    const sent = http.request(
      url,
      { method: "POST", agent, headers: { "content-type": "application/json", ...headers } },
      incoming => {
        let text = "";
        incoming.on("data", part => (text += part));
        incoming.on("end", () => resolve({ status: incoming.statusCode, body: JSON.parse(text) }));
      },
    );
    sent.on("error", reject);
    sent.end(JSON.stringify(body));
  });
}

async function watch({ child }) {
  const samples = [];
  const started = performance.now();
  console.log(
    `Node ${process.version.slice(1)}, ${os.cpus().length} cores, ${isOnServer ? "PostgreSQL" : "PGlite"}, ${values.minutes} minutes.\n`,
  );
  console.log("| minute | rss, MB | heap, MB | external, MB | handles | loop delay, mean, ms | 99 %, ms |");
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  while (performance.now() - started < durationMs) {
    await delay(Number(values.every) * 1_000);
    const answer = once(child, "message");
    child.send("sample");
    const [sample] = await answer;
    const minute = (performance.now() - started) / 60_000;
    samples.push({ minute, ...sample });
    const mb = bytes => (bytes / 1e6).toFixed(1);
    const cells = [minute.toFixed(1), mb(sample.rss), mb(sample.heapUsed), mb(sample.external), sample.handles];
    console.log(`| ${[...cells, sample.mean.toFixed(1), sample.p99.toFixed(1)].join(" | ")} |`);
  }
  return samples;
}

/** @returns whether something grows. */
function report(samples) {
  const late = samples.slice(Math.floor(samples.length / 3));
  const length = late.at(-1).minute - late[0].minute;
  let grows = false;
  console.log("\n| over the last two thirds | from | to | at most | verdict |\n| --- | --- | --- | --- | --- |");
  for (const [name, { share, least }] of Object.entries(bounds)) {
    const { slope, middle } = line(late.map(sample => [sample.minute, sample[name]]));
    const growth = slope * length;
    const most = Math.max(middle * share, least);
    const isFlat = growth <= most;
    grows ||= !isFlat;
    const show = value => (name === "handles" || name === "mean" ? value.toFixed(1) : `${(value / 1e6).toFixed(1)} MB`);
    const [from, to] = [middle - growth / 2, middle + growth / 2];
    console.log(
      `| ${[name, show(from), show(to), show(middle - growth / 2 + most), isFlat ? "flat" : "grows"].join(" | ")} |`,
    );
  }
  console.log(`\nAnswers: ${[...counts].map(([name, count]) => `${name} ${count}`).join(", ")}.`);
  for (const [what, count] of wrong) console.log(`Wrong, ${count} times: ${what}`);
  console.log(`\n${grows ? "Not flat." : "Flat."}`);
  return grows;
}

/** Least squares. */
function line(points) {
  const mean = at => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const slope =
    points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) /
    points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return { slope, middle: y };
}
