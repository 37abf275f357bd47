// A clock that jumps, forward and back, while the server runs: tokens, counts of attempts, reading and writing, answers of a day, and what is
// scheduled, which goes by the database's clock.
import { setTimeout as delay } from "node:timers/promises";
import { creation, editorsAuthorization, Watched } from "../../support/faults";
import { createAttemptLimiter } from "../../../src/auth/attempts";
import { openAgain, openTestDatabase, serverUrl } from "../../support/database";
import { addDatabaseClock } from "../../support/database-clock";
import { heardAll } from "../../support/heard-changes";
import { createTestLog } from "../../support/log";
import { startTestServer, type TestServer } from "../../support/server";
import { createTestServices } from "../../support/services";
import type { Database } from "../../../src/db/database";
import { startPublisher, type Publisher } from "../../../src/server/publisher";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let database: Database;
let server: TestServer;
let watched: Watched;
const realNow = Date.now.bind(Date);
const RealDate = Date;

/** From now on the clock of this process shows this much more; what waits for timers waits as before. */
function jump(milliseconds: number): void {
  const now = () => realNow() + milliseconds;
  globalThis.Date = class extends RealDate {
    static override now = now;
    constructor(given: number = now()) {
      super(given);
    }
  } as DateConstructor;
}

beforeAll(async () => {
  database = await openTestDatabase({ golden: "catalogue" });
  const services = await createTestServices();
  server = await startTestServer({ database, services });
  watched = new Watched(server.url, await editorsAuthorization(database, services.tokens));
});
afterEach(() => (globalThis.Date = RealDate));
afterAll(async () => {
  await server.close();
  await database.close();
});

it("ends an access token when the clock has passed its time, and takes it again when the clock is set back", async () => {
  await watched.expectWorking();
  jump(16 * minute);
  expect(await watched.read()).toMatchObject({ status: 401, errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
  jump(0);
  await watched.expectWorking();
});

it("takes a token that was signed by a clock that is a little ahead", async () => {
  jump(-20_000);
  await watched.expectWorking();
});

it.each([
  ["a day forward", day],
  ["an hour back", -hour],
  ["a year forward", 365 * day],
])("reads, writes for who signs in anew, and is ready after a jump of %s", async (name, milliseconds) => {
  jump(milliseconds);
  const authorization = await editorsAuthorization(database, server.services.tokens);
  const jumped = new Watched(server.url, authorization);
  const query = "{ topics(first: 1) { nodes { slug title } } }";
  const [first, second] = [await jumped.ask(query), await jumped.ask(query)];
  expect(first.status).toBe(200);
  expect(second.data).toEqual(first.data);
  expect(await jumped.write(`after-${name.replaceAll(" ", "-")}`)).toBe(true);
  expect(await jumped.status("/readyz")).toBe(200);
});

it("counts attempts anew when the clock has passed their time", async () => {
  const limiter = createAttemptLimiter({ store: { kind: "memory" } });
  const keys = { address: "192.0.2.1", account: "ann@example.org" };
  const takeAll = async () => {
    for (let count = 0; ; count++) {
      if (
        await limiter.take("signIn", keys).then(
          () => false,
          () => true,
        )
      )
        return count;
    }
  };
  expect(await takeAll()).toBe(10);
  jump(11 * minute);
  expect(await takeAll()).toBe(10);
});

describe("An answer that was asked of a day", () => {
  const midnight = Date.parse("2031-06-25T00:00:00Z");
  const query = '{ tools(filter: { facts: { some: { isStale: true, asOf: { gte: "2031-01-01" } } } }) { totalCount } }';
  /** Shows this time from now on. */
  const jumpTo = (time: number) => jump(time - realNow());
  const ask = async () => {
    const response = await server.post({ query });
    const { data } = (await response.json()) as { data: { tools: { totalCount: number } } };
    return { stale: data.tools.totalCount, isKept: response.headers.get("cache-status")?.includes("hit") ?? false };
  };

  beforeAll(async () => {
    await database.models.$executeRaw`
      UPDATE "fact" SET "as_of" = '2031-01-01', "stale_after" = '2031-06-24' WHERE "id" = (SELECT min("id") FROM "fact" WHERE "tool_id" IS NOT NULL)`;
    await heardAll(database);
  });

  it("ends with it, and is not given on the day before either, when the clock is set back over midnight", async () => {
    jumpTo(midnight - 10_000);
    // Known from now on, and not kept yet.
    await ask();
    expect([await ask(), await ask()]).toEqual([
      { stale: 0, isKept: false },
      { stale: 0, isKept: true },
    ]);
    jumpTo(midnight + 10_000);
    expect([await ask(), await ask()]).toEqual([
      { stale: 1, isKept: false },
      { stale: 1, isKept: true },
    ]);
    jumpTo(midnight - 10_000);
    expect([await ask(), await ask()]).toEqual([
      { stale: 0, isKept: false },
      { stale: 0, isKept: true },
    ]);
  });
});

describe("What is scheduled", () => {
  /** The same database, with a clock that tests set. */
  let clocked: Database;
  let setDatabaseClock: (milliseconds: number) => Promise<void>;
  let publisher: Publisher;
  let log: ReturnType<typeof createTestLog>;

  beforeAll(async () => {
    setDatabaseClock = await addDatabaseClock(database);
    clocked = await openAgain(database);
  });
  beforeEach(() => {
    log = createTestLog();
    publisher = startPublisher({ database: clocked, log: log.log, fourEyes: false, intervalMs: 20 });
  });
  afterEach(async () => {
    await publisher.stop();
    await setDatabaseClock(0);
  });
  afterAll(async () => {
    if (clocked !== database) await clocked.close();
  });

  /** For an hour from now, as the database's clock has it. @returns what was said against it */
  async function schedule(slug: string, inMilliseconds = hour): Promise<string[]> {
    const editor = new Watched(server.url, await editorsAuthorization(database, server.services.tokens));
    const { data } = await editor.ask(creation(slug));
    const { id } = (data as { createTool: { revision: { id: string } } }).createTool.revision;
    const publishAt = new RealDate(realNow() + inMilliseconds).toISOString();
    const answer = await editor.ask(
      `mutation { scheduleRevision(input: { revisionId: "${id}", publishAt: "${publishAt}" }) { userErrors { message } } }`,
    );
    const { userErrors } = (answer.data as { scheduleRevision: { userErrors: { message: string }[] } })
      .scheduleRevision;
    return userErrors.map(({ message }) => message);
  }

  const stateOf = async (slug: string) =>
    (await database.models.revision.findFirstOrThrow({ where: { slug }, select: { state: true } })).state;
  /** All that the publisher did, beside looking. */
  const said = () => log.lines.map(line => (JSON.parse(line) as { slug?: string }).slug);
  async function publications(slug: string): Promise<number> {
    const { entityId } = await database.models.revision.findFirstOrThrow({ where: { slug } });
    const where = { action: "publishScheduledRevision", entityId: String(entityId) };
    return database.models.auditEvent.count({ where });
  }
  /** The publisher has looked several times meanwhile. */
  const afterLooking = async (slug: string) => {
    await delay(100);
    return stateOf(slug);
  };
  async function untilPublished(slug: string): Promise<void> {
    // It says so after the commit, which others may see a moment before it knows of it.
    for (let tries = 0; (await stateOf(slug)) !== "PUBLISHED" || !said().includes(slug); tries++) {
      if (tries > 200) throw new Error(`${slug} was not published`);
      await delay(20);
    }
  }

  it("is published once when the database's clock has passed its time, and not again when that is set back and passes it once more", async () => {
    expect(await schedule("jumped-over")).toEqual([]);
    await setDatabaseClock(hour - minute);
    expect(await afterLooking("jumped-over")).toBe("SCHEDULED");
    await setDatabaseClock(hour + minute);
    await untilPublished("jumped-over");
    for (const shift of [-hour, hour + 2 * minute]) {
      await setDatabaseClock(shift);
      expect(await afterLooking("jumped-over")).toBe("PUBLISHED");
    }
    expect([await publications("jumped-over"), said()]).toEqual([1, ["jumped-over"]]);
  });

  it("waits for its time when the database's clock is set back before it has come", async () => {
    expect(await schedule("set-back")).toEqual([]);
    await setDatabaseClock(-day);
    expect(await afterLooking("set-back")).toBe("SCHEDULED");
    await setDatabaseClock(hour + minute);
    await untilPublished("set-back");
    expect([await publications("set-back"), said()]).toEqual([1, ["set-back"]]);
  });

  // The embedded database has the clock of its process.
  const itOnServer = serverUrl === undefined ? it.skip : it;

  itOnServer("is in the future by the database's clock, whatever the server's shows", async () => {
    jump(2 * hour);
    expect(await schedule("of-a-fast-server")).toEqual([]);
    jump(-2 * hour);
    expect(await schedule("of-a-slow-server", -hour)).toEqual(["publishAt must be in the future."]);
  });

  itOnServer("does not go by the server's clock", async () => {
    expect(await schedule("ahead")).toEqual([]);
    jump(2 * hour);
    expect(await afterLooking("ahead")).toBe("SCHEDULED");
    jump(-day);
    await setDatabaseClock(hour + minute);
    await untilPublished("ahead");
    expect(await publications("ahead")).toBe(1);
  });
});
