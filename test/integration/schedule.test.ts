// What is scheduled is published when it is due: once, however many servers try, also what fell due while none ran.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { lockContent } from "../../src/content/content.lock";
import type { Viewer } from "../../src/request/context";
import { startPublisher } from "../../src/server/publisher";
import { publishDue } from "../../src/modules/editorial/schedule.service";
import { createTestApi, type TestApi } from "../support/api";
import { openAgain, serverUrl } from "../support/database";
import { createUser } from "../support/factories";
import { createTestLog } from "../support/log";

let api: TestApi;
let as: Viewer;

beforeAll(async () => {
  api = await createTestApi({ golden: "empty" });
  const { id } = await createUser(api.database, { role: "EDITOR" });
  as = { userId: id, role: "EDITOR", sessionId: randomUUID() };
});

afterAll(() => api.close());

async function scheduled(slug: string, description = "A tool."): Promise<string> {
  const run = async (operation: string) => {
    const data = await api.data<Record<string, { revision: { id: string }; userErrors: unknown[] }>, never>(
      `mutation { saved: ${operation} { revision { id } userErrors { code message } } }`,
      undefined,
      { as },
    );
    expect(data["saved"]?.userErrors).toEqual([]);
    return data["saved"]?.revision.id ?? "";
  };
  const id = await run(
    `createTool(input: { slug: "${slug}", content: { name: "N", vendor: "V", category: CODE_EDITOR, tagline: "T", website: "https://example.org", pricingModel: FREE, description: "${description}" } })`,
  );
  return run(`scheduleRevision(input: { revisionId: "${id}", publishAt: "2099-01-01T00:00:00Z" })`);
}

/** As if the time had come. */
const due = () =>
  api.database.models
    .$executeRaw`UPDATE "revision" SET "scheduled_for" = now() - INTERVAL '1 second' WHERE "state" = 'SCHEDULED'`;

const states = async (prefix: string) =>
  (
    await api.database.models.revision.findMany({
      where: { slug: { startsWith: prefix } },
      orderBy: { id: "asc" },
      select: { state: true, failure: true, publishedAt: true },
    })
  ).map(({ state }) => state);

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > 600) throw new Error("it did not come to that");
    await delay(50);
  }
}

const publisher = () =>
  startPublisher({ database: api.database, log: createTestLog().log, fourEyes: false, intervalMs: 50 });

it("publishes nothing before its time", async () => {
  await scheduled("later");
  const one = publisher();
  await delay(300);
  await one.stop();
  expect(await states("later")).toEqual(["SCHEDULED"]);
});

it("publishes each once when two servers try, what fell due before they started included", async () => {
  for (let index = 0; index < 10; index++) await scheduled(`due-${index}`);
  await due();
  const both = [publisher(), publisher()];
  await until(async () => (await states("due-")).every(state => state === "PUBLISHED"));
  await Promise.all(both.map(one => one.stop()));
  const events = await api.database.models.auditEvent.groupBy({
    by: ["entityId"],
    where: { action: "publishScheduledRevision" },
    _count: true,
  });
  // "later" is due by now, too.
  expect(events.map(({ _count }) => _count)).toEqual(Array.from({ length: 11 }, () => 1));
  expect(await api.database.models.tool.count({ where: { slug: { startsWith: "due-" } } })).toBe(10);
}, 60_000);

// The embedded database has one connection, on which nobody comes in between.
(serverUrl === undefined ? it.skip : it)("does not publish what gets a later time while it is about to", async () => {
  const id = await scheduled("postponed");
  await due();
  const other = await openAgain(api.database);
  let publishing: Promise<unknown> = Promise.resolve();
  await other.transaction(async session => {
    await lockContent(session);
    publishing = publishDue(api.database, false);
    // It has found the revision by now, and waits for the lock.
    await delay(200);
    await api.data(
      `mutation { scheduleRevision(input: { revisionId: "${id}", publishAt: "2099-01-01T00:00:00Z" }) { userErrors { code } } }`,
      undefined,
      { as },
    );
  });
  expect(await publishing).toBeNull();
  await other.close();
  expect(await states("postponed")).toEqual(["SCHEDULED"]);
});

it("notes why one could not be published, tries it no more, and goes on with the others", async () => {
  await scheduled("broken", "See [it](tool:nowhere).");
  await scheduled("sound");
  await due();
  const one = publisher();
  await until(async () => (await states("sound")).includes("PUBLISHED"));
  await one.stop();
  const [revision] = await api.database.models.revision.findMany({ where: { slug: "broken" } });
  expect(revision).toMatchObject({ state: "SCHEDULED", failure: expect.stringContaining("nowhere") as unknown });
  expect(revision?.failedAt).not.toBeNull();
  expect(await api.data(`{ tool(by: { slug: "broken" }) { id } }`)).toEqual({ tool: null });
}, 60_000);
