// catalog_count: triggers keep the number of rows of each table of the catalogue right, whatever changes them.
import * as fc from "fast-check";
import type { Database } from "../../../src/db/database";
import { sql } from "../../../src/db/sql";
import { openTestDatabase } from "../../support/database";
import { createLesson, createTool, createTopic } from "../../support/factories";

describe("Catalogue counts", () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase({ golden: "empty" });
  });
  afterAll(() => database.close());
  afterEach(() => truncate());

  // One statement for all: TRUNCATE of a table that others refer to needs them beside it.
  const truncate = () =>
    database.models.$executeRaw`TRUNCATE "topic", "tool", "module", "lesson", "fact" RESTART IDENTITY CASCADE`;

  it("start at zero for every kind", async () => {
    expect(await counts()).toEqual({ TOPIC: 0, TOOL: 0, MODULE: 0, LESSON: 0, TOOL_GUIDE: 0, FACT: 0 });
  });

  it("follow inserts, and deletes of several rows in one statement", async () => {
    const topic = await createTopic(database);
    const tool = await createTool(database);
    await createTool(database);
    await database.models.module.create({
      data: { slug: "module", topicId: topic.id, title: "Module", summary: "Summary", level: "BEGINNER", position: 1 },
    });
    await createFacts(tool.id, 3);
    expect(await counts()).toMatchObject({ TOPIC: 1, TOOL: 2, MODULE: 1, FACT: 3 });

    await database.models.fact.deleteMany({ where: { position: { gt: 1 } } });
    await database.models.module.deleteMany();
    await database.models.topic.deleteMany();
    // The last fact goes with its tool, by the foreign key.
    await database.models.tool.deleteMany();
    expect(await counts()).toEqual({ TOPIC: 0, TOOL: 0, MODULE: 0, LESSON: 0, TOOL_GUIDE: 0, FACT: 0 });
  });

  it("tell lessons from tool guides, also when an update turns one into the other", async () => {
    const tool = await createTool(database);
    const lesson = await createLesson(database);
    await createLesson(database);
    expect(await counts()).toMatchObject({ LESSON: 2, TOOL_GUIDE: 0 });
    await database.models.lesson.update({
      where: { id: lesson.id },
      data: { kind: "TOOL_GUIDE", guidesToolId: tool.id },
    });
    expect(await counts()).toMatchObject({ LESSON: 1, TOOL_GUIDE: 1 });
    await database.models.lesson.updateMany({ data: { durationMinutes: 11 } });
    expect(await counts()).toMatchObject({ LESSON: 1, TOOL_GUIDE: 1 });
  });

  it("are as before when the transaction is rolled back", async () => {
    await createTopic(database);
    const failing = database.transaction(async ({ models }) => {
      await models.topic.deleteMany();
      expect(await models.catalogCount.findUnique({ where: { name: "TOPIC" } })).toMatchObject({ count: 0 });
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(await counts()).toMatchObject({ TOPIC: 1 });
  });

  it("are zero after a truncate", async () => {
    const tool = await createTool(database);
    await createLesson(database, { kind: "TOOL_GUIDE", guidesToolId: tool.id });
    await createLesson(database);
    await createTopic(database);
    await createFacts(tool.id, 2);
    await truncate();
    expect(await counts()).toEqual({ TOPIC: 0, TOOL: 0, MODULE: 0, LESSON: 0, TOOL_GUIDE: 0, FACT: 0 });
  });

  it("are what counting the rows gives, after any series of changes", async () => {
    const change = fc.oneof(
      fc.record({ do: fc.constant("topics" as const), number: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ do: fc.constant("lessons" as const), number: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ do: fc.constant("guide" as const), number: fc.constant(1) }),
      fc.record({ do: fc.constant("back to lessons" as const), number: fc.constant(1) }),
      fc.record({ do: fc.constant("remove" as const), number: fc.integer({ min: 1, max: 4 }) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ change, commit: fc.integer({ min: 1, max: 5 }).map(die => die < 5) }), {
          minLength: 4,
          maxLength: 12,
        }),
        async steps => {
          await truncate();
          for (const { change: step, commit } of steps) {
            const work = database.transaction(async ({ models }) => {
              if (step.do === "topics")
                await models.$executeRaw`
                INSERT INTO "topic" ("slug", "title", "emoji", "summary", "category", "position", "updated_on", "seo_title", "seo_description")
                SELECT 't-' || gen_random_uuid(), 'T', 'T', 'T', 'DATA', 1, CURRENT_DATE, '', '' FROM generate_series(1, ${step.number}::int)`;
              if (step.do === "lessons")
                await models.$executeRaw`
                INSERT INTO "lesson" ("slug", "title", "summary", "kind", "level", "duration_minutes", "access", "updated_on", "body_markdown", "body_html", "body_text")
                SELECT 'l-' || gen_random_uuid(), 'L', 'L', 'LESSON', 'BEGINNER', 1, 'PUBLIC', CURRENT_DATE, 'L', 'L', 'L' FROM generate_series(1, ${step.number}::int)`;
              if (step.do === "guide")
                await models.$executeRaw`
                WITH "made" AS (
                  INSERT INTO "tool" ("slug", "name", "vendor", "category", "tagline", "description_markdown", "description_html", "description_text", "website", "pricing_model")
                  SELECT 'g-' || gen_random_uuid(), 'G', 'G', 'DATA_ANALYSIS', 'G', 'G', 'G', 'G', 'https://example.org', 'FREE' RETURNING "id")
                UPDATE "lesson" SET "kind" = 'TOOL_GUIDE', "guides_tool_id" = "made"."id" FROM "made"
                WHERE "lesson"."id" = (SELECT min("id") FROM "lesson" WHERE "kind" = 'LESSON')`;
              if (step.do === "back to lessons")
                await models.$executeRaw`
                UPDATE "lesson" SET "kind" = 'LESSON', "guides_tool_id" = NULL WHERE "kind" = 'TOOL_GUIDE'`;
              if (step.do === "remove")
                await models.$executeRaw`
                DELETE FROM "lesson" WHERE "id" IN (SELECT "id" FROM "lesson" ORDER BY "id" DESC LIMIT ${step.number}::int)`;
              if (!commit) throw new Error("rolled back");
            });
            await work.catch((error: unknown) => expect(error).toMatchObject({ message: "rolled back" }));
          }
          expect(await counts()).toEqual(await countedRows());
        },
      ),
      { numRuns: 25 },
    );
  });

  async function createFacts(toolId: number, number: number): Promise<void> {
    await database.models.fact.createMany({
      data: Array.from({ length: number }, (_, index) => ({
        toolId,
        position: index + 1,
        key: `fact-${index}`,
        kind: "CAPABILITY" as const,
        statement: "It works.",
        asOf: new Date("2026-06-24"),
        sourceName: "A page",
      })),
    });
  }

  async function counts(): Promise<Record<string, number>> {
    const rows = await database.models.catalogCount.findMany();
    return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
  }

  async function countedRows(): Promise<Record<string, number>> {
    const rows = await database.query<{ name: string; count: number }>(sql`
      SELECT 'TOPIC' AS "name", count(*)::int AS "count" FROM "topic"
      UNION ALL SELECT 'TOOL', count(*)::int FROM "tool"
      UNION ALL SELECT 'MODULE', count(*)::int FROM "module"
      UNION ALL SELECT 'FACT', count(*)::int FROM "fact"
      UNION ALL SELECT 'LESSON', count(*)::int FROM "lesson" WHERE "kind" = 'LESSON'
      UNION ALL SELECT 'TOOL_GUIDE', count(*)::int FROM "lesson" WHERE "kind" = 'TOOL_GUIDE'`);
    return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
  }
});
