// A server that is killed while it writes, and one that is stopped under load: what was acknowledged is there, and nothing is half done.
import { setTimeout as delay } from "node:timers/promises";
import { sql } from "../../../src/db/sql";
import { newSigningKey } from "../../../src/auth/signing-keys";
import { editorsAuthorization, isWritten, observe, rounds, Watched, writtenSlugs } from "../../support/faults";
import { startServerProcess, type ServerProcess } from "../../support/server-process";
import { createTestTokens, publicUrl } from "../../support/services";
import { createSharedDatabase, type SharedDatabase } from "../../support/shared-database";

const kills = 2 + 3 * (rounds - 1);
/** Writes under way at once, and how many are acknowledged before each kill. */
const lanes = 4;
const perKill = 15;
const longestStartMs = 30_000;
const longestStopMs = 15_000;

let shared: SharedDatabase;
let environment: Record<string, string>;
let authorization: string;
let server: ServerProcess | undefined;

beforeAll(async () => {
  shared = await createSharedDatabase();
  const signingKeys = JSON.stringify({ keys: [await newSigningKey()] });
  const tokens = await createTestTokens(signingKeys);
  authorization = await shared.use(database => editorsAuthorization(database, tokens));
  environment = { ...shared.env, AUTH_SIGNING_KEYS: signingKeys, PUBLIC_URL: publicUrl };
});

afterAll(async () => {
  await server?.kill();
  await shared.remove();
});

/** Writes without a pause, several at once, until the server takes nothing any more. @returns what was not answered. */
async function writeAll(watched: Watched, prefix: string, acknowledged: string[]): Promise<string[]> {
  const unanswered: string[] = [];
  let count = 0;
  const lane = async () => {
    for (;;) {
      const slug = `${prefix}-${count++}`;
      try {
        if (!(await watched.write(slug))) return;
        acknowledged.push(slug);
      } catch {
        unanswered.push(slug);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return unanswered;
}

async function start(settings: Record<string, string> = {}): Promise<Watched> {
  const started = performance.now();
  server = startServerProcess({ ...environment, ...settings });
  const watched = new Watched(await server.url(), authorization);
  expect(performance.now() - started).toBeLessThanOrEqual(longestStartMs);
  return watched;
}

async function expectAllThere(acknowledged: readonly string[]): Promise<string[]> {
  const { revisions, events } = await shared.use(writtenSlugs);
  expect(events).toEqual(revisions);
  const there = new Set(revisions);
  return acknowledged.filter(slug => !there.has(slug));
}

/** With the keys of the first time. A second createTool of the same slug would be refused, for the slug. */
async function sendAgain(unanswered: readonly string[]): Promise<void> {
  await shared.use(async database => {
    await database.query(sql`UPDATE "idempotent_request" SET "free_at" = now() WHERE "response" IS NULL`);
  });
  const watched = await start();
  for (const slug of unanswered) {
    const answer = await watched.writeOnce(slug);
    if (!isWritten(answer)) expect(answer.errors).toMatchObject([{ extensions: { code: "ANSWER_LOST" } }]);
  }
  await server?.kill();
  expect(unanswered.length).toBeGreaterThan(0);
  expect(await expectAllThere(unanswered)).toEqual([]);
}

it(`loses nothing that was acknowledged over ${kills} kills, does nothing twice, and starts again without a hand (R24)`, async () => {
  const acknowledged: string[] = [];
  const unanswered: string[] = [];
  for (let round = 1; round <= kills; round++) {
    const watched = await start();
    const before = acknowledged.length;
    const writing = writeAll(watched, `kill-${round}`, acknowledged);
    while (acknowledged.length < before + perKill) await delay(2);
    await server?.kill();
    unanswered.push(...(await writing));
  }
  await sendAgain(unanswered);
  const lost = await expectAllThere(acknowledged);
  observe({ kind: "writes", fault: "kill -9", kills, acknowledged: acknowledged.length, lost: lost.length });
  expect(lost).toEqual([]);
}, 600_000);

it("is not ready first when it is stopped under load, answers what it has received, and ends in time (R24)", async () => {
  const watched = await start({ STOP_DELAY_MS: "5000" });
  const acknowledged: string[] = [];
  const broken: unknown[] = [];
  const unanswered: string[] = [];
  const lane = async (name: string) => {
    for (let count = 0; ; count++) {
      const slug = `stop-${name}-${count}`;
      try {
        if (await watched.write(slug)) acknowledged.push(slug);
        else return;
      } catch (error) {
        // Refused since the address is closed, or sent into an idle connection at the moment at which the server closed it: not received.
        const { code } = (error as { cause?: { code?: string } }).cause ?? {};
        if (["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"].includes(code ?? "")) unanswered.push(slug);
        else if (code !== "ECONNREFUSED") broken.push(error);
        return;
      }
    }
  };
  const lanesOfLoad = Promise.all(Array.from({ length: 8 }, (_, index) => lane(String(index))));
  while (acknowledged.length < 20) await delay(5);
  const stopped = performance.now();
  server?.process.kill("SIGTERM");
  while ((await watched.status("/readyz")) !== 503) await delay(5);
  const whenUnready = acknowledged.length;
  expect(await server?.exit).toBe(0);
  // It went on taking what still came.
  expect(acknowledged.length).toBeGreaterThan(whenUnready);
  expect(performance.now() - stopped).toBeLessThanOrEqual(longestStopMs);
  await lanesOfLoad;
  expect(broken).toEqual([]);
  const lost = await expectAllThere(acknowledged);
  // What was received was answered: nothing else was written.
  expect(await expectAllThere(unanswered)).toEqual(unanswered);
  observe({
    kind: "writes",
    fault: "SIGTERM under load",
    kills: 1,
    acknowledged: acknowledged.length,
    lost: lost.length,
  });
  expect(lost).toEqual([]);
}, 120_000);
