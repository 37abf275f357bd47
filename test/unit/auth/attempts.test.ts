// Attempts: counted by account and by address, in every store alike, and still counted when the store is away.
import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import {
  attemptLimits,
  createAttemptLimiter,
  type AttemptLimiter,
  type AttemptStore,
} from "../../../src/auth/attempts";
import type { Database } from "../../../src/db/database";
import { sql, type Sql } from "../../../src/db/sql";
import { AppError } from "../../../src/errors/app-error";
import { openTestDatabase } from "../../support/database";
import { isRedisThere } from "../../support/redis";

const account = "jane@example.org";
const address = "203.0.113.7";

/** Undefined for an attempt that is let through. */
async function refusalOf(attempt: Promise<void>): Promise<AppError | undefined> {
  try {
    return void (await attempt);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

/** How many of `count` attempts, one after the other, are let through. */
async function passed(count: number, attempt: (index: number) => Promise<void>): Promise<number> {
  let passed = 0;
  for (let index = 0; index < count; index++) if (!(await refusalOf(attempt(index)))) passed++;
  return passed;
}

/** What every store has to do. The address is the test's own, so that tests may share a store. */
function itCounts(limiter: () => AttemptLimiter) {
  it("by account, from wherever they come", async () => {
    const attempt = (index: number) =>
      limiter().take("signIn", { account: "by account", address: `198.51.100.${index}` });
    expect(await passed(12, attempt)).toBe(10);
    const other = limiter().take("signIn", { account: "another", address: "198.51.100.1" });
    expect(await refusalOf(other)).toBeUndefined();
  });

  it("by address, whatever the account, and then takes nothing from the account", async () => {
    const attempt = (index: number) => limiter().take("signIn", { account: `account ${index}`, address });
    expect(await passed(35, attempt)).toBe(10);
    expect(await passed(12, () => limiter().take("signIn", { account: "account 34", address: "198.51.100.40" }))).toBe(
      10,
    );
  });

  it("every rule apart", async () => {
    const keys = { account: "apart", address: "203.0.113.20" };
    expect(await passed(8, () => limiter().take("requestPasswordReset", keys))).toBe(5);
    expect(await refusalOf(limiter().take("signIn", keys))).toBeUndefined();
    expect(await refusalOf(limiter().take("changePassword", keys))).toBeUndefined();
  });

  it("those that come at the same time", async () => {
    const attempts = Array.from({ length: 45 }, () =>
      refusalOf(limiter().take("createGuest", { address: "203.0.113.30" })),
    );
    expect((await Promise.all(attempts)).filter(refusal => refusal === undefined)).toHaveLength(30);
  });

  it("and says when to come again", async () => {
    const keys = { account: "when", address: "203.0.113.40" };
    await passed(10, () => limiter().take("signIn", keys));
    const refusal = await refusalOf(limiter().take("signIn", keys));
    expect([refusal?.code, refusal?.message]).toEqual(["RATE_LIMITED", expect.not.stringContaining("when@")]);
    const { retryAfterSeconds } = refusal?.details ?? {};
    expect(Number.isInteger(retryAfterSeconds)).toBe(true);
    expect(retryAfterSeconds).toBeGreaterThan(0);
    expect(retryAfterSeconds).toBeLessThanOrEqual(600);
  });

  it("until a success: then the account begins anew, the address does not", async () => {
    const keys = { account: "success", address: "203.0.113.50" };
    await passed(6, () => limiter().take("signIn", keys));
    await limiter().reset("signIn", keys);
    const elsewhere = (index: number) => limiter().take("signIn", { ...keys, address: `198.51.100.${50 + index}` });
    expect(await passed(12, elsewhere)).toBe(10);
    // 6 of the 10 of this address are used.
    expect(await passed(12, index => limiter().take("signIn", { ...keys, account: `success ${index}` }))).toBe(4);
  });
}

describe("Attempts in memory are counted (R20)", () => {
  const limiter = createAttemptLimiter({ store: { kind: "memory" } });
  itCounts(() => limiter);

  it.each(Object.entries(attemptLimits))("as the rule of %s says", async (name, limits) => {
    const rule = name as keyof typeof attemptLimits;
    const fresh = createAttemptLimiter({ store: { kind: "memory" } });
    if ("address" in limits) {
      const attempt = (index: number) => fresh.take(rule, { account: `${index}`, address });
      expect(await passed(limits.address.attempts + 2, attempt)).toBe(limits.address.attempts);
    }
    if ("account" in limits) {
      const attempt = (index: number) => fresh.take(rule, { account, address: `198.51.100.${index}` });
      expect(await passed(limits.account.attempts + 2, attempt)).toBe(limits.account.attempts);
    }
  });

  it.each<[string, string, boolean]>([
    ["2001:db8:1:2::1", "2001:DB8:1:2:ffff:ffff:ffff:ffff", true],
    ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
    ["2001:db8:0:0:1::", "2001:db8::2", true],
    ["::1", "::2", true],
    ["::1", "1::", false],
    ["fe80::1%eth0", "fe80::2%eth1", true],
    ["::ffff:192.0.2.1", "192.0.2.1", true],
    ["::ffff:192.0.2.1", "::ffff:c000:201", true],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.2", false],
    ["192.0.2.1", "192.0.2.2", false],
  ])("of %s and %s as of one address: %s", async (first, second, isSame) => {
    const fresh = createAttemptLimiter({ store: { kind: "memory" } });
    await passed(30, () => fresh.take("createGuest", { address: first }));
    expect((await refusalOf(fresh.take("createGuest", { address: second }))) !== undefined).toBe(isSame);
  });

  it("by an account that has to be given", async () => {
    await expect(limiter.take("changePassword", { address })).rejects.toThrow(
      "changePassword counts attempts by account",
    );
  });

  it("until their time is over", async () => {
    jest.useFakeTimers();
    try {
      const fresh = createAttemptLimiter({ store: { kind: "memory" } });
      expect(await passed(11, () => fresh.take("signIn", { account, address }))).toBe(10);
      jest.advanceTimersByTime(4 * 60_000);
      expect((await refusalOf(fresh.take("signIn", { account, address })))?.details).toEqual({
        retryAfterSeconds: 360,
      });
      jest.advanceTimersByTime(6 * 60_000);
      expect(await refusalOf(fresh.take("signIn", { account, address }))).toBeUndefined();
    } finally {
      jest.useRealTimers();
    }
  });
});

describe("Attempts in the database are counted", () => {
  let database: Database;
  let limiter: AttemptLimiter;
  const storeOf = (): AttemptStore => ({
    kind: "postgres",
    query: (text, values) => database.query({ text, values } as unknown as Sql),
  });
  const stored = () => database.query<{ key: string; points: number }>(sql`SELECT key, points FROM attempt_count`);

  beforeAll(async () => {
    database = await openTestDatabase({ golden: "empty" });
    limiter = createAttemptLimiter({ store: storeOf() });
  });
  afterAll(() => database.close());

  itCounts(() => limiter);

  it("for all servers together, and under hashes only", async () => {
    const keys = { account, address: "2001:db8:9:9::1" };
    await database.query(sql`DELETE FROM attempt_count`);
    const another = createAttemptLimiter({ store: storeOf() });
    expect(await passed(6, () => limiter.take("signIn", keys))).toBe(6);
    expect(await passed(6, () => another.take("signIn", keys))).toBe(4);
    const rows = (await stored()).sort((a, b) => a.key.localeCompare(b.key));
    // Those that the address may not make are not counted against the account.
    expect(rows.map(({ points }) => points)).toEqual([10, 12]);
    for (const { key } of rows) expect(key).toMatch(/^signIn:(account|address):[\w-]{22}$/);
  });

  it("until their time is over", async () => {
    const keys = { account: "later", address: "203.0.113.60" };
    expect(await passed(11, () => limiter.take("signIn", keys))).toBe(10);
    await database.query(sql`UPDATE attempt_count SET expire = ${Date.now() - 1}`);
    expect(await refusalOf(limiter.take("signIn", keys))).toBeUndefined();
  });

  it("in memory as long as the database is away", async () => {
    let isAway = true;
    const store: AttemptStore = {
      kind: "postgres",
      query: async (text, values) => {
        if (isAway) throw new Error("the database is away");
        return database.query({ text, values } as unknown as Sql);
      },
    };
    const alone = createAttemptLimiter({ store });
    const keys = { account: "away", address: "203.0.113.70" };
    expect(await passed(12, () => alone.take("signIn", keys))).toBe(10);
    await alone.reset("signIn", keys);
    expect(await refusalOf(alone.take("signIn", { ...keys, address: "203.0.113.71" }))).toBeUndefined();
    await database.query(sql`DELETE FROM attempt_count`);
    isAway = false;
    await alone.take("signIn", keys);
    expect((await stored()).map(({ points }) => points)).toEqual([1, 1]);
  });
});

describe("Attempts in a Redis that is away are counted", () => {
  const client = new Redis({
    host: "127.0.0.1",
    port: 1,
    lazyConnect: true,
    retryStrategy: null,
    enableOfflineQueue: false,
  });
  const limiter = createAttemptLimiter({ store: { kind: "redis", client } });
  afterAll(() => client.disconnect());
  itCounts(() => limiter);
});

if (isRedisThere()) {
  describe("Attempts in Redis are counted", () => {
    // Keys of this run only, among those of others.
    const keyPrefix = `test-${randomUUID()}:`;
    const client = new Redis({ keyPrefix, lazyConnect: true, enableOfflineQueue: false, commandTimeout: 5_000 });
    const limiter = createAttemptLimiter({ store: { kind: "redis", client } });
    const storedKeys = async () => (await client.keys(`${keyPrefix}*`)).map(key => key.slice(keyPrefix.length));

    beforeAll(() => client.connect());
    afterAll(async () => {
      await client.del(...(await storedKeys()));
      client.disconnect();
    });

    itCounts(() => limiter);

    it("for all servers together, under hashes only, each with an end", async () => {
      const another = createAttemptLimiter({ store: { kind: "redis", client } });
      const keys = { account, address: "2001:db8:9:9::1" };
      expect(await passed(6, () => limiter.take("requestPasswordReset", keys))).toBe(5);
      expect(await passed(6, () => another.take("requestPasswordReset", keys))).toBe(0);
      for (const key of await storedKeys()) {
        expect(key).toMatch(/^attempts:\w+:(account|address):[\w-]{22}$/);
        expect(await client.ttl(key)).toBeGreaterThan(0);
      }
    });
  });
} else {
  process.stderr.write("There is no Redis at 127.0.0.1:6379: the counts in it are not tested.\n");
}
