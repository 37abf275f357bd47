// list_count: triggers keep the lengths of the lists under a parent right, whatever changes them.
import * as fc from "fast-check";
import type { Database } from "../../../src/db/database";
import { sql, trustedSql } from "../../../src/db/sql";
import { createLesson, createModule, createTool, createTopic } from "../../support/factories";
import { openTestDatabase } from "../../support/database";

interface Length {
  list: string;
  parentId: number;
  count: number;
}

describe("Lengths of lists", () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase({ golden: "empty" });
  });
  afterAll(() => database.close());

  const empty = () => database.models.$executeRaw`
    TRUNCATE "topic", "tool", "module", "lesson", "fact", "lesson_topic", "lesson_tool", "topic_tool" RESTART IDENTITY CASCADE`;
  const lengths = (from: "list_count" | "list_count_source") =>
    database.query<Length>(
      sql`SELECT "list", "parent_id" AS "parentId", "count" FROM ${trustedSql(`"${from}"`)} ORDER BY "list", "parent_id"`,
    );

  /** Three topics with two modules each, three tools and eight lessons, not related yet. */
  async function createEntities(): Promise<void> {
    await empty();
    for (let topicId = 1; topicId <= 3; topicId++) {
      await createTopic(database, { id: topicId });
      await createTool(database, { id: topicId });
      for (const position of [1, 2])
        await createModule(database, { id: topicId * 2 - 2 + position, topicId, position });
    }
    for (let id = 1; id <= 8; id++) await createLesson(database, { id });
  }

  it("follow each kind of change", async () => {
    await createEntities();
    const { models } = database;
    await models.lessonTopic.createMany({
      data: [1, 2, 3].map(lessonId => ({ lessonId, topicId: 1, position: lessonId })),
    });
    expect(await lengths("list_count")).toEqual([{ list: "TOPIC_LESSONS", parentId: 1, count: 3 }]);
    await models.lessonTopic.updateMany({ where: { lessonId: 3 }, data: { topicId: 2 } });
    await models.lesson.update({ where: { id: 5 }, data: { moduleId: 4, position: 1 } });
    await models.lesson.delete({ where: { id: 1 } });
    expect(await lengths("list_count")).toEqual([
      { list: "MODULE_LESSONS", parentId: 4, count: 1 },
      { list: "TOPIC_LESSONS", parentId: 1, count: 1 },
      { list: "TOPIC_LESSONS", parentId: 2, count: 1 },
    ]);
    await models.lessonTopic.deleteMany();
    await models.lesson.update({ where: { id: 5 }, data: { moduleId: null, position: null } });
    expect(await lengths("list_count")).toEqual([]);
  });

  it("are what counting the rows gives, after any series of changes", async () => {
    const link = fc.constantFrom("lesson_topic", "lesson_tool", "topic_tool");
    const ids = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 3 }));
    const change = fc.oneof(
      fc.record({ do: fc.constant("link" as const), table: link, ids: fc.array(ids, { minLength: 1, maxLength: 6 }) }),
      fc.record({ do: fc.constant("move" as const), table: link, ids: fc.tuple(ids) }),
      fc.record({ do: fc.constant("unlink" as const), table: link, ids: fc.tuple(ids) }),
      fc.record({ do: fc.constant("modules" as const), ids: fc.array(ids, { minLength: 1, maxLength: 5 }) }),
      fc.record({ do: fc.constant("remove lesson" as const), ids: fc.tuple(ids) }),
      fc.record({ do: fc.constant("truncate" as const), table: link, ids: fc.tuple(ids) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ step: change, commit: fc.integer({ min: 1, max: 5 }).map(die => die < 5) }), {
          minLength: 4,
          maxLength: 14,
        }),
        async steps => {
          await createEntities();
          for (const { step, commit } of steps) {
            const work = database.transaction(async ({ models }) => {
              for (const statement of statementsOf(step)) await models.$executeRawUnsafe(statement);
              if (!commit) throw new Error("rolled back");
            });
            await work.catch((error: unknown) => expect(error).toMatchObject({ message: "rolled back" }));
          }
          expect(await lengths("list_count")).toEqual(await lengths("list_count_source"));
        },
      ),
      { numRuns: 25 },
    );
  });
});

interface Change {
  do: "link" | "move" | "unlink" | "modules" | "remove lesson" | "truncate";
  table?: string;
  ids: readonly [number, number][];
}

/** Ids are small numbers; of topics and tools, which have three each, the remainder. */
function statementsOf({ do: what, table = "", ids }: Change): string[] {
  const [left, right] =
    table === "topic_tool" ? ["topic_id", "tool_id"] : ["lesson_id", table.replace("lesson_", "") + "_id"];
  const leftId = (id: number) => (table === "topic_tool" ? (id % 3) + 1 : id);
  const [first = [1, 1]] = ids;
  switch (what) {
    case "link": {
      const rank = table === "topic_tool" ? `"rank", "blurb"` : `"position"`;
      const rows = ids.map(([a, b]) => `(${leftId(a)}, ${b}, ${table === "topic_tool" ? `${b}, 'b'` : b})`);
      // Rows whose lesson is gone are left out, and so are repeated ones.
      const lives = table === "topic_tool" ? "TRUE" : `a IN (SELECT "id" FROM "lesson")`;
      const columns = table === "topic_tool" ? "a, b, c, d" : "a, b, c";
      return [
        `INSERT INTO "${table}" ("${left}", "${right}", ${rank}) SELECT DISTINCT ${columns} FROM (VALUES ${rows.join(", ")}) v (${columns}) WHERE ${lives} ON CONFLICT ("${left}", "${right}") DO NOTHING`,
      ];
    }
    case "move": {
      // A tool's rank is its id, so that no two of a topic ever have the same.
      const rank = table === "topic_tool" ? `, "rank" = ${first[1]}` : "";
      return [
        `UPDATE "${table}" x SET "${right}" = ${first[1]}${rank} WHERE "${left}" = ${leftId(first[0])}
         AND NOT EXISTS (SELECT 1 FROM "${table}" y WHERE y."${left}" = x."${left}" AND y.ctid <> x.ctid)`,
      ];
    }
    case "unlink":
      return [`DELETE FROM "${table}" WHERE "${left}" = ${leftId(first[0])}`];
    case "modules":
      return [
        `UPDATE "lesson" SET "module_id" = CASE WHEN "id" % 4 = 0 THEN NULL ELSE ${first[1]} + "id" % 3 END, "position" = CASE WHEN "id" % 4 = 0 THEN NULL ELSE "id" END
         WHERE "id" IN (${ids.map(([id]) => id).join(", ")})`,
      ];
    case "remove lesson":
      return [`DELETE FROM "lesson" WHERE "id" = ${first[0]}`];
    case "truncate":
      return [`TRUNCATE "${table}"`];
  }
}
