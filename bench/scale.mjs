// `npm run bench:scale`: does the catalogue stay as fast when it grows, and its lists when a client pages deep into them? Milliseconds
// of the database (planning and execution of every statement of the operation, as EXPLAIN ANALYZE tells them), medians of rounds in
// which the two sides of each comparison take turns. Writes bench/results/scale.md.
//   --small N, --large N   lessons of the two catalogues; 1,000 and 1,000,000 when left out
//   --page N               the deep page of 20 lessons; 10,000 when left out
//   --rounds N             30 when left out
//   --keep                 leaves the two databases for the next run, which then takes them as they are
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import { parseArgs } from "node:util";
import pg from "pg";
import pino from "pino";
import { dropCatalogue, makeCatalogue, openBenchDriver } from "./catalogue.mjs";

const require = createRequire(import.meta.url);
const { createDatabase } = require("../dist/src/db/database.js");
const { createContext } = require("../dist/src/request/context.js");
const { createGraphQLServer } = require("../dist/src/server/graphql-server.js");
const { buildGraphQLSchema } = require("../dist/src/server/schema.js");

const { values } = parseArgs({
  options: {
    small: { type: "string", default: "1000" },
    large: { type: "string", default: "1000000" },
    page: { type: "string", default: "10000" },
    rounds: { type: "string", default: "30" },
    keep: { type: "boolean", default: false },
  },
});
const [small, large, deepPage, rounds] = [values.small, values.large, values.page, values.rounds].map(Number);
const pageSize = 20;

const lessonPage = `query ($first: Int!, $after: String, $order: LessonOrder) {
  lessons(first: $first, after: $after, orderBy: $order) { nodes { slug title level durationMinutes } pageInfo { endCursor hasNextPage } }
}`;
const peerPage = `query ($slug: String!) {
  topic(by: { slug: $slug }) {
    id slug title emoji summary updatedOn
    sections { heading body { markdown } }
    tools { edges { rank blurb node { slug name vendor description { markdown } } } }
    lessons(first: 20) { nodes { slug title level durationMinutes } }
  }
}`;

const graphql = createGraphQLServer({
  schema: buildGraphQLSchema(),
  limits: { maxDepth: 15, maxCost: 100_000 },
  introspection: false,
  explain: false,
  log: pino({ level: "warn" }),
});
await graphql.start();

const lines = [];
const say = line => (console.log(line), lines.push(line));
const catalogues = [];
try {
  for (const lessons of [small, large]) catalogues.push(await openCatalogue(lessons));
  const [smallOne, largeOne] = catalogues;
  const { rows } = await largeOne.client.query("SELECT current_setting('server_version') AS version");
  say(
    `PostgreSQL ${rows[0].version}, Node ${process.version.slice(1)}, ${os.cpus().length} cores, medians of ${rounds} rounds.\n`,
  );
  await compareDepth(largeOne);
  await compareSize(smallOne, largeOne);
  writeFileSync(new URL("results/scale.md", import.meta.url), `${lines.join("\n")}\n`);
} finally {
  for (const { close } of catalogues) await close();
  await graphql.stop();
}

async function compareDepth(catalogue) {
  say(
    `### Page 1 and page ${format(deepPage)} of \`lessons\`, ${pageSize} a page, of ${format(catalogue.lessons)} lessons\n`,
  );
  say(`| order | page 1, ms | page 2, ms | page ${format(deepPage)}, ms | to page 1 | to page 2 |`);
  say("| --- | --- | --- | --- | --- | --- |");
  const fields = ["CREATED_AT", "DURATION", "LEVEL", "TITLE", "UPDATED_ON"];
  const orders = [null, ...fields.flatMap(field => ["ASC", "DESC"].map(direction => ({ field, direction })))];
  for (const order of orders) {
    const page = cursor => ({ query: lessonPage, variables: { first: pageSize, after: cursor, order } });
    const cursors = [null];
    for (const number of [2, deepPage]) cursors.push(await cursorBefore(catalogue, order, (number - 1) * pageSize));
    const [first, second, deep] = await takeTurns(cursors.map(cursor => [catalogue, page(cursor)]));
    const name = order ? `${order.field} ${order.direction}` : "as listed";
    const ratios = [first, second].map(other => (deep.ms / other.ms).toFixed(2));
    say(`| ${[name, ms(first), ms(second), ms(deep), ...ratios].join(" | ")} |`);
  }
  say("");
}

async function compareSize(smallOne, largeOne) {
  say(`### The same operations on ${format(smallOne.lessons)} and on ${format(largeOne.lessons)} lessons\n`);
  say(`| operation | statements | ${format(smallOne.lessons)}, ms | ${format(largeOne.lessons)}, ms | ratio |`);
  say("| --- | --- | --- | --- | --- |");
  const topicPage = readFileSync(new URL("../test/operations/TopicPage.graphql", import.meta.url), "utf8");
  const operations = {
    "topic page (`test/operations/TopicPage.graphql`)": { query: topicPage, variables: { slug: "topic-7" } },
    "topic page of the rival servers' benchmark": { query: peerPage, variables: { slug: "topic-7" } },
    "50 topics with their tools": {
      query: `{ topics(first: 50) { nodes { slug title tools(first: 10) { nodes { slug name } } } } }`,
    },
    "first page of lessons, with totalCount": { query: `{ lessons(first: 20) { totalCount nodes { slug title } } }` },
    "one lesson by slug": {
      query: `{ lesson(by: { slug: "lesson-77" }) { title next { slug } previous { slug } tools { nodes { slug } } } }`,
    },
  };
  for (const [name, operation] of Object.entries(operations)) {
    const [before, after] = await takeTurns([
      [smallOne, operation],
      [largeOne, operation],
    ]);
    say(`| ${name} | ${after.statements} | ${ms(before)} | ${ms(after)} | ${(after.ms / before.ms).toFixed(2)} |`);
  }
}

/** @returns the median of each side, and how many statements it is. */
async function takeTurns(sides) {
  const prepared = [];
  for (const [catalogue, operation] of sides) {
    const { statements } = await run(catalogue, operation);
    prepared.push({ client: catalogue.client, statements, times: [] });
  }
  // The first rounds warm the caches and are not counted.
  for (let round = -3; round < rounds; round++) {
    for (const side of prepared) {
      let total = 0;
      for (const { text, values: parameters } of side.statements)
        total += await databaseTime(side.client, text, parameters);
      if (round >= 0) side.times.push(total);
    }
  }
  return prepared.map(({ statements, times }) => ({ statements: statements.length, ms: median(times) }));
}

async function databaseTime(client, text, parameters) {
  const { rows } = await client.query(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${text}`, parameters);
  const [plan] = rows[0]["QUERY PLAN"];
  return plan["Planning Time"] + plan["Execution Time"];
}

async function run(catalogue, { query, variables }) {
  catalogue.statements.length = 0;
  const contextValue = createContext({
    database: catalogue.database,
    viewer: null,
    requestId: "bench",
    explain: false,
  });
  const response = await graphql.executeOperation({ query, variables }, { contextValue });
  const { data, errors } = response.body.singleResult;
  if (errors) throw new Error(JSON.stringify(errors));
  return { data, statements: [...catalogue.statements] };
}

async function cursorBefore(catalogue, order, row) {
  let after = null;
  for (let seen = 0; seen < row;) {
    const first = Math.min(100, row - seen);
    const { data } = await run(catalogue, { query: lessonPage, variables: { first, after, order } });
    after = data.lessons.pageInfo.endCursor;
    seen += first;
  }
  return after;
}

async function openCatalogue(lessons) {
  const name = `learngraph_scale_${lessons}`;
  const url = await makeCatalogue(name, { topics: 20, tools: 400, lessons });
  const driver = openBenchDriver(url);
  const statements = [];
  const database = createDatabase({
    ...driver,
    query: (text, parameters) => (statements.push({ text, values: parameters }), driver.query(text, parameters)),
  });
  const client = new pg.Client(url);
  await client.connect();
  return {
    lessons,
    database,
    statements,
    client,
    close: async () => {
      await client.end();
      await database.close();
      if (!values.keep) await dropCatalogue(name);
    },
  };
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function ms(result) {
  return result.ms.toFixed(2);
}

function format(number) {
  return number.toLocaleString("en");
}
