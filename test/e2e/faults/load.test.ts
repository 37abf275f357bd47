// Load: ten clients that mean harm beside honest ones, and many honest ones at once, on the real process. What is honest is answered, and
// right; how fast is promised, measured here, and held to the promise by npm run test:faults, which has the machine for itself.
import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { newSigningKey } from "../../../src/auth/signing-keys";
import { creation, editorsAuthorization, observe, promisesHold, rounds, writtenSlugs } from "../../support/faults";
import { post, startHostileClients, type Posted } from "../../support/clients-from";
import { startServerProcess, type ServerProcess } from "../../support/server-process";
import { createTestTokens, publicUrl } from "../../support/services";
import { createSharedDatabase, type SharedDatabase } from "../../support/shared-database";

const seconds = 3 * rounds;
let shared: SharedDatabase;
let server: ServerProcess;
let url: string;
let authorization: string;
/** The slugs of what was acknowledged. */
const written: string[] = [];

beforeAll(async () => {
  shared = await createSharedDatabase("catalogue");
  const signingKeys = JSON.stringify({ keys: [await newSigningKey()] });
  const tokens = await createTestTokens(signingKeys);
  authorization = await shared.use(database => editorsAuthorization(database, tokens));
  server = startServerProcess({
    ...shared.env,
    ...{ AUTH_SIGNING_KEYS: signingKeys, PUBLIC_URL: publicUrl },
  });
  url = await server.url();
  for (const body of questions) answers.push((await post(url, body, { from: "127.0.0.1", authorization })).text);
}, 120_000);

afterAll(async () => {
  await server.kill();
  await shared.remove();
});

const asked = (query: string, variables: object = {}) => JSON.stringify({ query, variables });
const topicPage = readFileSync("test/operations/TopicPage.graphql", "utf8");
const search = readFileSync("test/operations/Search.graphql", "utf8");
/** What honest clients ask; the answers do not change while they do. */
const questions = [
  ...["backend-and-api-development", "content-writing", "data-analysis"].map(slug => asked(topicPage, { slug })),
  ...["claud code", "prompt", "review"].map(query => asked(search, { query })),
  // Of what is one's own nothing is kept.
  asked("{ viewer { user { role } } lessons(first: 5) { nodes { slug isBookmarked progress { state } } } }"),
  asked("{ lessons(first: 20) { totalCount nodes { slug title tools { nodes { slug } } } } }"),
];
const answers: string[] = [];

interface Honest {
  latencies: number[];
  /** What was refused or answered wrongly. */
  wrong: string[];
  acknowledged: string[];
}

/** Asks one question after the other, and now and then writes, until the time is over. */
async function honest(from: string, first: number, writes: boolean, pauseMs: number): Promise<Honest> {
  const seen: Honest = { latencies: [], wrong: [], acknowledged: [] };
  const agent = new Agent({ keepAlive: true });
  const end = performance.now() + seconds * 1_000;
  for (let count = 0; performance.now() < end; count++) {
    const at = (first + count) % questions.length;
    const slug = `by-${from.replaceAll(".", "-")}-${first}-${count}`;
    const isWrite = writes && at === 0;
    const body = isWrite ? asked(creation(slug)) : (questions[at] ?? "");
    const started = performance.now();
    const { status, text } = await post(url, body, { from, agent, authorization });
    seen.latencies.push(performance.now() - started);
    const isRight = status === 200 && (isWrite ? text.includes('"userErrors":[]') : text === answers[at]);
    if (!isRight) seen.wrong.push(`${status} ${text.slice(0, 200)}`);
    else if (isWrite) seen.acknowledged.push(slug);
    await delay(pauseMs);
  }
  agent.destroy();
  return seen;
}

function summary(load: string, clients: readonly Honest[]): { p99: number } {
  const latencies = clients.flatMap(client => client.latencies).sort((one, other) => one - other);
  const at = (share: number) => latencies[Math.min(Math.floor(latencies.length * share), latencies.length - 1)] ?? NaN;
  const [p50, p99] = [at(0.5), at(0.99)];
  const lost = clients.flatMap(client => client.wrong).length;
  observe({ kind: "latency", load, answered: latencies.length - lost, lost, p50, p99 });
  return { p99 };
}

const addresses = (count: number) => Array.from({ length: count }, (_, index) => `127.0.1.${index + 1}`);

it("answers every honest request beside ten hostile clients, and tells the hostile what is wrong or to wait (R21)", async () => {
  const hostile = await startHostileClients(url);
  await delay(1_000);
  const clients = await Promise.all(addresses(10).map((from, index) => honest(from, index, true, 20)));
  const live = await fetch(`${url}/livez`);
  const answered = await hostile.stop();
  written.push(...clients.flatMap(client => client.acknowledged));
  expect(clients.flatMap(client => client.wrong)).toEqual([]);
  expect(live.status).toBe(200);
  expect(Object.keys(answered).filter(status => !["0", "101", "200", "400", "503"].includes(status))).toEqual([]);
  expect(answered["400"]).toBeGreaterThan(0);
  expect(answered["101"]).toBeGreaterThan(0);
  const { p99 } = summary("ten hostile clients beside ten honest ones", clients);
  if (promisesHold) expect(p99).toBeLessThanOrEqual(500);
}, 120_000);

it.each([
  ["50 addresses", addresses(50)],
  ["one address", Array<string>(50).fill("127.0.1.1")],
])(
  "answers every request of 50 clients at %s that each wait for nothing but the answer",
  async (name, from) => {
    const clients = await Promise.all(from.map((address, index) => honest(address, index, false, 0)));
    expect(clients.flatMap(client => client.wrong)).toEqual([]);
    const { p99 } = summary(`50 closed-loop clients at ${name}`, clients);
    if (promisesHold) expect(p99).toBeLessThanOrEqual(1_000);
  },
  120_000,
);

it("refuses at once what one address has too much of, and goes on answering another one meanwhile (R21)", async () => {
  const own = await createSharedDatabase("catalogue");
  // Alone, an address may have half of these under way.
  const small = startServerProcess({ ...own.env, MAX_OPERATIONS: "20" });
  try {
    const address = await small.url();
    const agent = new Agent({ keepAlive: true });
    let count = 0;
    // What is repeated from memory is never refused: each is new.
    const askAnew = (from: string) =>
      post(address, asked(`{ a${count++}: topics(first: 3) { nodes { slug } } }`), { from, agent });
    const isAnswered = ({ status, text }: Posted) => status === 200 && text.includes('"slug":');
    const greedy: Posted[] = [];
    let isOver = false;
    const lanes = Promise.all(
      Array.from({ length: 50 }, async () => {
        while (!isOver) greedy.push(await askAnew("127.0.2.1"));
      }),
    );
    while (greedy.length < 50) await delay(5);
    const others: Posted[] = [];
    for (let time = 0; time < 20; time++) others.push(await askAnew("127.0.2.2"));
    isOver = true;
    await lanes;
    agent.destroy();
    expect(others.filter(answer => !isAnswered(answer))).toEqual([]);
    const refused = greedy.filter(answer => !isAnswered(answer));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(greedy.length);
    for (const { status, retryAfter, text } of refused) {
      expect([status, retryAfter]).toEqual([503, "1"]);
      expect(JSON.parse(text)).toEqual({
        errors: [
          {
            message: "The server has too much to do. Try again in a moment.",
            extensions: { code: "SERVICE_UNAVAILABLE" },
          },
        ],
      });
    }
  } finally {
    await small.kill();
    await own.remove();
  }
}, 60_000);

it("has written all that it acknowledged meanwhile, and nothing by halves", async () => {
  server.process.kill("SIGTERM");
  expect(await server.exit).toBe(0);
  const { revisions, events } = await shared.use(writtenSlugs);
  expect(written.length).toBeGreaterThan(0);
  expect(written.filter(slug => !revisions.includes(slug))).toEqual([]);
  expect(events).toEqual(revisions);
});
