// The generated catalogue: every constraint holds, nothing of the database's own is lost on the way, and the same numbers give the same rows.
import { loadMarkdown } from "../../../src/content/markdown.pipeline";
import type { Database } from "../../../src/db/database";
import { generateCatalogue, type CatalogueSize } from "../../../src/db/generate/generate-catalogue";
import { sql, trustedSql } from "../../../src/db/sql";
import { openTestDatabase } from "../../support/database";
import { createLesson, createUser } from "../../support/factories";

const size: CatalogueSize = { topics: 7, tools: 11, lessons: 200 };

describe("A generated catalogue", () => {
  let database: Database;
  beforeEach(async () => {
    database = await openTestDatabase({ golden: "empty" });
  });
  afterEach(() => database.close());

  const generate = (seed = 1, replace = false, of = size) => generateCatalogue(database, of, { seed, replace });
  const countRows = async (table: string) => {
    const [row] = await database.query<{ count: number }>(
      sql`SELECT count(*)::integer AS "count" FROM ${trustedSql(`"${table}"`)}`,
    );
    return row?.count;
  };

  it("has what was asked for, in every table, and counts and search documents that fit", async () => {
    await generate();
    const counts = Object.fromEntries(
      (await database.models.catalogCount.findMany()).map(({ name, count }) => [name, count]),
    );
    expect(counts).toEqual({ TOPIC: 7, TOOL: 11, MODULE: 21, LESSON: 189, TOOL_GUIDE: 11, FACT: 40 });
    for (const [table, rows] of Object.entries({
      ...{ topic: 7, topic_section: 35, topic_tool: 56, section_tool: 70, call_to_action: 7, tool: 11, tool_plan: 22 },
      ...{ fact: 40, module: 21, lesson: 200, lesson_topic: 240, lesson_tool: 300, search_document: 218 },
    })) {
      expect([table, await countRows(table)]).toEqual([table, rows]);
    }
    expect(await countRows("lesson_prerequisite")).toBeGreaterThan(0);
    const lengths = await database.query(sql`SELECT * FROM "list_count" WHERE "list" = 'MODULE_LESSONS'`);
    expect(lengths).toHaveLength(21);
  });

  it.each([
    ["one of each", { topics: 1, tools: 1, lessons: 1 }],
    ["no lessons", { topics: 2, tools: 9, lessons: 0 }],
    ["fewer tools than a topic shows", { topics: 3, tools: 2, lessons: 50 }],
  ])("keeps every constraint with %s", async (_name, of) => {
    await generate(1, false, of);
    expect([await countRows("topic"), await countRows("tool"), await countRows("lesson")]).toEqual(Object.values(of));
  });

  it("has HTML and text as the Markdown of each body gives them", async () => {
    await generate();
    const bodies = await database.models.lesson.findMany({ take: 20, orderBy: { id: "asc" } });
    expect(new Set(bodies.map(body => body.bodyMarkdown)).size).toBe(20);
    for (const { bodyMarkdown, bodyHtml, bodyText } of bodies) {
      expect({ html: bodyHtml, text: bodyText }).toEqual(await htmlAndText(bodyMarkdown));
    }
  });

  it("leaves indexes, constraints and triggers as they were", async () => {
    const before = await definitions();
    await generate();
    expect(await definitions()).toEqual(before);
    expect(before.length).toBeGreaterThan(150);
    const lesson = await createLesson(database, { slug: "own-lesson" });
    expect(lesson.id).toBe(201);
    expect(await countRows("search_document")).toBe(219);
  });

  it("is the same for the same seed and another for another one", async () => {
    await generate();
    const once = await fingerprint();
    await generate(1, true);
    expect(await fingerprint()).toEqual(once);
    await generate(2, true);
    expect(await fingerprint()).not.toEqual(once);
  });

  it("does not touch a catalogue that is there unless told to replace it", async () => {
    const lesson = await createLesson(database, { slug: "own-lesson" });
    const user = await createUser(database);
    await database.models.lessonProgress.create({
      data: { learnerId: user.id, lessonId: lesson.id, state: "STARTED" },
    });
    await expect(generate()).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await database.models.lesson.findMany({ select: { slug: true } })).toEqual([{ slug: lesson.slug }]);

    await generate(1, true);
    expect(await countRows("lesson")).toBe(200);
    expect(await database.models.lesson.count({ where: { slug: lesson.slug } })).toBe(0);
    expect(await countRows("lesson_progress")).toBe(0);
    expect(await countRows("app_user")).toBe(1);
  });

  it("is wholly there or not at all", async () => {
    const lesson = await createLesson(database, { slug: "own-lesson" });
    const before = await definitions();
    const steps: string[] = [];
    const failing = generateCatalogue(database, size, {
      seed: 1,
      replace: true,
      onStep: what => {
        steps.push(what);
        if (what === "indexes and constraints") throw new Error("stopped");
      },
    });
    await expect(failing).rejects.toThrow("stopped");
    expect(steps).toContain("lessons");
    expect(await database.models.lesson.findMany({ select: { slug: true } })).toEqual([{ slug: lesson.slug }]);
    expect(await definitions()).toEqual(before);
  });

  /** Everything about the tables that generating takes away for a while. */
  async function definitions(): Promise<string[]> {
    const rows = await database.query<{ definition: string }>(sql`
      SELECT indexdef AS "definition" FROM pg_indexes WHERE schemaname = 'public'
      UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
      UNION ALL SELECT tgenabled::text || ' ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
      UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = pg_my_temp_schema()
      ORDER BY 1`);
    return rows.map(row => row.definition);
  }

  async function fingerprint(): Promise<unknown[]> {
    const tables = ["topic", "tool", "topic_tool", "fact", "lesson", "lesson_tool", "search_document", "list_count"];
    return database.query(
      sql`SELECT ${trustedSql(
        tables
          .map(
            table => `(SELECT hashtext(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "${table}" t) AS "${table}"`,
          )
          .join(", "),
      )}`,
    );
  }
});

async function htmlAndText(markdown: string): Promise<{ html: string; text: string }> {
  const { html, text } = (await loadMarkdown()).render(markdown);
  return { html, text };
}
