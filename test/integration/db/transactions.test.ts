// Transactions: all or nothing, and no statement outside of one from inside it: on PGlite, which has one connection, it would wait for ever.
import type { Database } from "../../../src/db/database";
import { sql } from "../../../src/db/sql";
import { createContext, inTransaction } from "../../../src/request/context";
import { createTestServices } from "../../support/services";
import { openTestDatabase } from "../../support/database";
import { createTopic } from "../../support/factories";

const refusal = /outside the transaction, from inside it/;

describe("Transactions (R24)", () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase({ golden: "empty" });
  });
  afterAll(() => database.close());
  afterEach(() => database.models.topic.deleteMany());

  const slugs = async () =>
    (await database.models.topic.findMany({ orderBy: { slug: "asc" } })).map(({ slug }) => slug);
  const topicSlugs = sql`SELECT "slug" FROM "topic" ORDER BY "slug"`;

  it("keep everything when the work succeeds, and give its result", async () => {
    const result = await database.transaction(async session => {
      await createTopic(session, { slug: "one" });
      await createTopic(session, { slug: "two" });
      return "done";
    });
    expect(result).toBe("done");
    expect(await slugs()).toEqual(["one", "two"]);
  });

  it("keep nothing when the work throws, and throw the same error", async () => {
    const problem = new TypeError("something of our own");
    const work = database.transaction(async session => {
      await createTopic(session);
      throw problem;
    });
    await expect(work).rejects.toBe(problem);
    expect(await slugs()).toEqual([]);
  });

  it("keep nothing when a later statement breaks a rule of the database", async () => {
    const work = database.transaction(async session => {
      await createTopic(session, { slug: "same" });
      await createTopic(session, { slug: "same" });
    });
    await expect(work).rejects.toMatchObject({ code: "P2002" });
    expect(await slugs()).toEqual([]);
  });

  it("see their own changes, by models and by SQL alike", async () => {
    await database.transaction(async session => {
      await createTopic(session, { slug: "mine" });
      expect(await session.query(topicSlugs)).toEqual([{ slug: "mine" }]);
      expect(await session.models.topic.count()).toBe(1);
    });
  });

  describe("refuse at once, from inside", () => {
    const outside: readonly [string, (database: Database) => Promise<unknown>][] = [
      ["SQL of the outer session", outer => outer.query(topicSlugs)],
      ["a model of the outer session", outer => outer.models.topic.findMany()],
      ["a raw statement of the outer session", outer => outer.models.$queryRaw`SELECT 1`],
      ["a write of the outer session", outer => outer.models.topic.deleteMany()],
      ["another transaction", outer => outer.transaction(async () => "never")],
    ];

    it.each(outside)("%s; the transaction itself goes on", async (_, statement) => {
      await database.transaction(async session => {
        await createTopic(session, { slug: "kept" });
        await expect(statement(database)).rejects.toThrow(refusal);
        expect(await session.models.topic.count()).toBe(1);
      });
      expect(await slugs()).toEqual(["kept"]);
    });

    it("such a statement also where it is called several calls deep", async () => {
      const deep = async (): Promise<unknown> => {
        await new Promise(resolve => setImmediate(resolve));
        return Promise.all([database.models.topic.count()]);
      };
      await expect(database.transaction(() => deep())).rejects.toThrow(refusal);
    });

    it("a read through the context of the request, while the transaction's own context reads", async () => {
      const ctx = createContext({ database, services: await createTestServices(), viewer: null, requestId: "test" });
      await inTransaction(ctx, async inner => {
        await createTopic(inner.session, { slug: "inner" });
        expect(await inner.session.query(topicSlugs)).toEqual([{ slug: "inner" }]);
        await expect(ctx.session.query(topicSlugs)).rejects.toThrow(refusal);
      });
    });
  });

  it("let other requests read and write at the same time, which see nothing of what is rolled back", async () => {
    const insideNow = signal();
    const finish = signal();
    const work = database.transaction(async session => {
      await createTopic(session, { slug: "never" });
      insideNow.give();
      await finish.given;
      throw new Error("rolled back");
    });
    await insideNow.given;
    // On PGlite these wait for the transaction; on PostgreSQL they do not. On both they are answered, and rightly.
    const others = Promise.all([slugs(), database.query(topicSlugs), createTopic(database, { slug: "other" })]);
    finish.give();
    await expect(work).rejects.toThrow("rolled back");
    const [models, rows] = await others;
    expect([...models, ...rows.map(row => (row as { slug: string }).slug)]).not.toContain("never");
    expect(await slugs()).toEqual(["other"]);
  });

  it("run one after the other or at once, and each keeps its own", async () => {
    await Promise.all(
      Array.from({ length: 8 }, (_, number) =>
        database
          .transaction(async session => {
            await createTopic(session, { slug: `topic-${number}-a` });
            await createTopic(session, { slug: `topic-${number}-b` });
            if (number % 2 === 1) throw new Error("odd");
          })
          .catch((error: unknown) => expect(error).toMatchObject({ message: "odd" })),
      ),
    );
    expect(await slugs()).toEqual([0, 2, 4, 6].flatMap(number => [`topic-${number}-a`, `topic-${number}-b`]));
  });

  it("leave the session usable for the one that ran them", async () => {
    await expect(database.transaction(async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await database.query(topicSlugs)).toEqual([]);
    expect(await database.models.topic.count()).toBe(0);
  });
});

function signal(): { give: () => void; given: Promise<void> } {
  let give = (): void => undefined;
  const given = new Promise<void>(resolve => {
    give = resolve;
  });
  return { give, given };
}
