// What is out of date goes once an hour, and nothing else; and what a server needs before it starts.
import type { Database } from "../../src/db/database";
import { sql } from "../../src/db/sql";
import { keepHouse } from "../../src/server/housekeeping";
import { startServices, type ServiceSettings } from "../../src/server/services";
import { newSigningKey } from "../../src/auth/signing-keys";
import { openTestDatabase } from "../support/database";
import { createUser } from "../support/factories";
import { createTestLog } from "../support/log";

let database: Database;
const { log } = createTestLog();
beforeAll(async () => {
  database = await openTestDatabase({ golden: "empty" });
});
afterAll(() => database.close());

const days = (count: number) => new Date(Date.now() + count * 24 * 60 * 60_000);
const hash = (byte: number) => Buffer.alloc(32, byte);

describe("Housekeeping", () => {
  it("removes what has no use any more, and keeps what has", async () => {
    const { models } = database;
    const { id: userId } = await createUser(database, { createdAt: days(-900) });
    await database.query(sql`UPDATE "learner" SET "renewed_at" = ${days(-900).toISOString()}::timestamptz`);
    const session = (expiresAt: Date, endedAt: Date | null, userAgent: string) => ({
      ...{ userId, expiresAt, endedAt, userAgent, address: "::1" },
    });
    await models.userSession.createMany({
      data: [
        session(days(10), null, "open"),
        session(days(-29), null, "expired lately"),
        session(days(10), days(-29), "ended lately"),
        session(days(-31), null, "expired long ago"),
        session(days(10), days(-31), "ended long ago"),
      ],
    });
    const token = (byte: number, expiresAt: Date) => ({
      hash: hash(byte),
      userId,
      purpose: "VERIFY_EMAIL" as const,
      email: "a@example.org",
      expiresAt,
    });
    await models.oneTimeToken.createMany({ data: [token(1, days(1)), token(2, days(-1))] });
    const guests = { new: "00000000-0000-4000-8000-00000000000a", old: "00000000-0000-4000-8000-00000000000b" };
    await models.learner.createMany({ data: [{ id: guests.new }, { id: guests.old, renewedAt: days(-402) }] });
    await models.idempotentRequest.createMany({
      data: [
        { learnerId: userId, key: "new", requestHash: hash(1) },
        { learnerId: userId, key: "old", requestHash: hash(1), createdAt: days(-2) },
      ],
    });
    await models.attemptCount.createMany({
      data: [
        { key: "new", points: 1, expire: days(1).getTime() },
        { key: "old", points: 1, expire: days(-1).getTime() },
      ],
    });

    await keepHouse(database, log);

    const sessions = await models.userSession.findMany({ orderBy: { userAgent: "asc" } });
    expect(sessions.map(({ userAgent }) => userAgent)).toEqual(["ended lately", "expired lately", "open"]);
    expect((await models.oneTimeToken.findMany()).map(row => row.hash[0])).toEqual([1]);
    expect((await models.learner.findMany()).map(({ id }) => id).sort()).toEqual([guests.new, userId].sort());
    expect((await models.idempotentRequest.findMany()).map(({ key }) => key)).toEqual(["new"]);
    expect((await models.attemptCount.findMany()).map(({ key }) => key)).toEqual(["new"]);
    expect(await models.user.count()).toBe(1);
  });
});

describe("Services in production", () => {
  const settings: ServiceSettings = {
    ...{ production: true, dataDirectory: "/nowhere", port: 4000, mailFrom: "a@example.org", fourEyes: false },
    passwordHash: { memoryKiB: 8_192, passes: 1, concurrency: 1 },
    ...{
      publicUrl: "https://learn.example.org",
      signingKeys: undefined,
      redisUrl: undefined,
      budget: undefined,
      smtpUrl: undefined,
    },
  };

  it.each([
    ["AUTH_SIGNING_KEYS", {}],
    ["PUBLIC_URL", { publicUrl: undefined }],
  ])("do not start without %s, and nothing is made up for it", async (variable, given) => {
    const starting = startServices({ ...settings, ...given }, database, log);
    await expect(starting).rejects.toMatchObject({
      name: "SigningKeyError",
      message: `${variable} must be set in production. See .env.example.`,
    });
  });

  it("start with them, and stop", async () => {
    const signingKeys = JSON.stringify({ keys: [await newSigningKey()] });
    const { services, stop } = await startServices({ ...settings, signingKeys }, database, log);
    const { token } = await services.tokens.signGuest("00000000-0000-4000-8000-00000000000c");
    expect(await services.tokens.verifyGuest(token)).toBe("00000000-0000-4000-8000-00000000000c");
    await stop();
  });
});
