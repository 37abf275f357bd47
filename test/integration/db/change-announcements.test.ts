// What the database announces for each kind of change to each table, in one place; and that no table of the catalogue can forget to.
import { ownersOf, typesOf } from "../../../src/db/announced-tables";
import type { Database } from "../../../src/db/database";
import { openTestDatabase } from "../../support/database";
import { hearChanges, type HeardChanges } from "../../support/heard-changes";

/** Topics and tools 1 to 3, module 10, lessons 20 to 22, section 30. */
const setUp = `
  TRUNCATE "topic", "tool", "module", "lesson", "revision", "app_user", "learner" CASCADE;
  INSERT INTO "topic" ("id", "slug", "title", "emoji", "summary", "category", "position", "updated_on", "seo_title", "seo_description")
    SELECT i, 'topic-' || i, 'Topic', '📘', 'Summary.', 'DATA', i, '2026-06-24', 'Topic', 'About.' FROM generate_series(1, 3) i;
  INSERT INTO "tool" ("id", "slug", "name", "vendor", "category", "tagline", "description_markdown", "description_html", "description_text", "website", "pricing_model")
    SELECT i, 'tool-' || i, 'Tool', 'Vendor', 'ASSISTANT', 'Tagline.', 'b', 'b', 'b', 'https://example.org', 'FREE' FROM generate_series(1, 3) i;
  INSERT INTO "module" ("id", "slug", "topic_id", "title", "summary", "level", "position") VALUES (10, 'm', 1, 'M', 'S', 'BEGINNER', 1), (11, 'n', 1, 'N', 'S', 'BEGINNER', 2);
  INSERT INTO "lesson" ("id", "slug", "title", "summary", "kind", "level", "duration_minutes", "access", "updated_on", "body_markdown", "body_html", "body_text")
    SELECT i, 'lesson-' || i, 'Lesson', 'Summary.', 'LESSON', 'BEGINNER', 5, 'PUBLIC', '2026-06-24', 'b', 'b', 'b' FROM generate_series(20, 22) i;
  INSERT INTO "topic_section" ("id", "topic_id", "position", "kind", "emoji", "heading", "anchor", "body_markdown", "body_html", "body_text")
    VALUES (30, 1, 1, 'CUSTOM', '📘', 'Section', 'section', 'b', 'b', 'b');`;

const lessonColumns = `"id", "slug", "title", "summary", "kind", "level", "duration_minutes", "access", "updated_on", "body_markdown", "body_html", "body_text"`;
const lesson = (id: number) =>
  `${id}, 'new-${id}', 'L', 'S', 'LESSON', 'BEGINNER', 5, 'PUBLIC', DATE '2026-06-24', 'b', 'b', 'b'`;

/** Statements that run one after the other, each with what it announces. */
const changes: Readonly<Record<string, readonly (readonly [statement: string, announced: readonly string[]])[]>> = {
  topic: [
    [
      `INSERT INTO "topic" ("id", "slug", "title", "emoji", "summary", "category", "position", "updated_on", "seo_title", "seo_description")
       VALUES (5, 'a', 'A', '📘', 'S', 'DATA', 5, '2026-06-24', 'A', 'A'), (4, 'b', 'B', '📘', 'S', 'DATA', 4, '2026-06-24', 'B', 'B')`,
      ["Topic ADDED 4,5"],
    ],
    [`UPDATE "topic" SET "title" = 'Changed' WHERE "id" IN (2, 4)`, ["Topic CHANGED 2,4"]],
    [`UPDATE "topic" SET "title" = 'Changed' WHERE "id" = 99`, []],
    [`DELETE FROM "topic" WHERE "id" = 4`, ["Topic REMOVED 4"]],
  ],
  call_to_action: [
    [`INSERT INTO "call_to_action" VALUES (1, 'H', 'B', 'Start', '/sign-up', 'Free')`, ["Topic CHANGED 1"]],
    [`UPDATE "call_to_action" SET "headline" = 'I'`, ["Topic CHANGED 1"]],
    [`UPDATE "call_to_action" SET "topic_id" = 2`, ["Topic CHANGED 1,2"]],
    [`DELETE FROM "call_to_action"`, ["Topic CHANGED 2"]],
  ],
  topic_section: [
    [
      `INSERT INTO "topic_section" ("id", "topic_id", "position", "kind", "emoji", "heading", "anchor", "body_markdown", "body_html", "body_text")
       VALUES (31, 2, 1, 'CUSTOM', '📘', 'S', 's', 'b', 'b', 'b'), (32, 2, 2, 'CUSTOM', '📘', 'T', 't', 'b', 'b', 'b')`,
      ["Topic CHANGED 2"],
    ],
    [`UPDATE "topic_section" SET "topic_id" = 3 WHERE "id" = 31`, ["Topic CHANGED 2,3"]],
    [`DELETE FROM "topic_section" WHERE "id" = 31`, ["Topic CHANGED 3"]],
  ],
  section_tool: [
    [`INSERT INTO "section_tool" VALUES (30, 1, 1), (30, 2, 2)`, ["Topic CHANGED 1"]],
    [`UPDATE "section_tool" SET "position" = 3 WHERE "tool_id" = 2`, ["Topic CHANGED 1"]],
    [`DELETE FROM "section_tool" WHERE "tool_id" = 2`, ["Topic CHANGED 1"]],
    // With the section, which says it.
    [`DELETE FROM "topic_section" WHERE "id" = 30`, ["Topic CHANGED 1"]],
  ],
  slug_redirect: [
    [
      `INSERT INTO "slug_redirect" ("entity", "slug", "entity_id") VALUES ('TOPIC', 'old', 1), ('LESSON', 'old', 20)`,
      ["Lesson CHANGED 20", "Topic CHANGED 1"],
    ],
    [`UPDATE "slug_redirect" SET "entity_id" = 2 WHERE "entity" = 'TOPIC'`, ["Topic CHANGED 1,2"]],
    [`DELETE FROM "slug_redirect" WHERE "entity" = 'LESSON'`, ["Lesson CHANGED 20"]],
  ],
  tool: [
    [
      `INSERT INTO "tool" ("id", "slug", "name", "vendor", "category", "tagline", "description_markdown", "description_html", "description_text", "website", "pricing_model")
       VALUES (4, 'd', 'D', 'V', 'ASSISTANT', 'T', 'b', 'b', 'b', 'https://example.org', 'FREE')`,
      ["Tool ADDED 4"],
    ],
    [`UPDATE "tool" SET "name" = 'Changed' WHERE "id" < 3`, ["Tool CHANGED 1,2"]],
    [`DELETE FROM "tool" WHERE "id" = 4`, ["Tool REMOVED 4"]],
  ],
  topic_tool: [
    [
      `INSERT INTO "topic_tool" ("topic_id", "tool_id", "rank", "blurb") VALUES (1, 2, 1, 'B')`,
      ["Tool CHANGED 2", "Topic CHANGED 1"],
    ],
    [`UPDATE "topic_tool" SET "topic_id" = 3`, ["Tool CHANGED 2", "Topic CHANGED 1,3"]],
    [`DELETE FROM "topic_tool"`, ["Tool CHANGED 2", "Topic CHANGED 3"]],
  ],
  tool_plan: [
    [
      `INSERT INTO "tool_plan" ("tool_id", "position", "name", "unit", "as_of", "source_name") VALUES (1, 1, 'P', 'MONTH', '2026-06-24', 'S')`,
      ["Tool CHANGED 1"],
    ],
    [`UPDATE "tool_plan" SET "tool_id" = 2`, ["Tool CHANGED 1,2"]],
    [`DELETE FROM "tool_plan"`, ["Tool CHANGED 2"]],
  ],
  fact: [
    [
      `INSERT INTO "fact" ("tool_id", "topic_id", "position", "key", "kind", "statement", "as_of", "source_name")
       VALUES (1, NULL, 1, 'k', 'USERS', 'S', '2026-06-24', 'S')`,
      ["Tool CHANGED 1"],
    ],
    [`UPDATE "fact" SET "tool_id" = NULL, "topic_id" = 2`, ["Tool CHANGED 1", "Topic CHANGED 2"]],
    [`DELETE FROM "fact"`, ["Topic CHANGED 2"]],
  ],
  module: [
    [
      `INSERT INTO "module" ("id", "slug", "topic_id", "title", "summary", "level", "position") VALUES (12, 'o', 2, 'O', 'S', 'BEGINNER', 1)`,
      ["Module ADDED 12", "Topic CHANGED 2"],
    ],
    [`UPDATE "module" SET "topic_id" = 3 WHERE "id" = 12`, ["Module CHANGED 12", "Topic CHANGED 2,3"]],
    [`DELETE FROM "module" WHERE "id" = 12`, ["Module REMOVED 12", "Topic CHANGED 3"]],
  ],
  lesson: [
    [
      `INSERT INTO "lesson" (${lessonColumns}, "module_id", "position") VALUES (${lesson(23)}, 10, 1)`,
      ["Lesson ADDED 23", "Module CHANGED 10"],
    ],
    [`UPDATE "lesson" SET "title" = 'Changed' WHERE "id" = 20`, ["Lesson CHANGED 20"]],
    [`UPDATE "lesson" SET "module_id" = 11 WHERE "id" = 23`, ["Lesson CHANGED 23", "Module CHANGED 10,11"]],
    [
      `UPDATE "lesson" SET "kind" = 'TOOL_GUIDE', "guides_tool_id" = 1, "module_id" = NULL, "position" = NULL WHERE "id" = 23`,
      ["Lesson CHANGED 23", "Module CHANGED 11", "Tool CHANGED 1"],
    ],
    [`UPDATE "lesson" SET "guides_tool_id" = 2 WHERE "id" = 23`, ["Lesson CHANGED 23", "Tool CHANGED 1,2"]],
    [`DELETE FROM "lesson" WHERE "id" = 23`, ["Lesson REMOVED 23", "Tool CHANGED 2"]],
  ],
  lesson_topic: [
    [`INSERT INTO "lesson_topic" VALUES (20, 1, 1), (21, 1, 2)`, ["Lesson CHANGED 20,21", "Topic CHANGED 1"]],
    [`UPDATE "lesson_topic" SET "topic_id" = 2 WHERE "lesson_id" = 20`, ["Lesson CHANGED 20", "Topic CHANGED 1,2"]],
    [`DELETE FROM "lesson_topic" WHERE "lesson_id" = 20`, ["Lesson CHANGED 20", "Topic CHANGED 2"]],
    // What goes with it is announced, too.
    [`DELETE FROM "lesson" WHERE "id" = 21`, ["Lesson CHANGED 21", "Lesson REMOVED 21", "Topic CHANGED 1"]],
  ],
  lesson_tool: [
    [`INSERT INTO "lesson_tool" VALUES (20, 1, 1)`, ["Lesson CHANGED 20", "Tool CHANGED 1"]],
    [`UPDATE "lesson_tool" SET "tool_id" = 3`, ["Lesson CHANGED 20", "Tool CHANGED 1,3"]],
    [`DELETE FROM "lesson_tool"`, ["Lesson CHANGED 20", "Tool CHANGED 3"]],
  ],
  lesson_prerequisite: [
    [`INSERT INTO "lesson_prerequisite" VALUES (20, 21, 1)`, ["Lesson CHANGED 20"]],
    [`UPDATE "lesson_prerequisite" SET "lesson_id" = 22`, ["Lesson CHANGED 20,22"]],
    [`DELETE FROM "lesson_prerequisite"`, ["Lesson CHANGED 22"]],
  ],
  revision: [
    [
      `INSERT INTO "revision" ("id", "entity", "entity_id", "number", "state", "slug", "author_name", "content") VALUES (7, 'LESSON', 20, 1, 'DRAFT', 's', 'A', '{}'), (6, 'TOPIC', 1, 1, 'DRAFT', 's', 'A', '{}')`,
      ["Revision ADDED LESSON:20:7,TOPIC:1:6"],
    ],
    [`UPDATE "revision" SET "state" = 'IN_REVIEW' WHERE "id" = 6`, ["Revision CHANGED TOPIC:1:6"]],
    [`DELETE FROM "revision" WHERE "id" = 7`, ["Revision REMOVED LESSON:20:7"]],
  ],
};

describe("Announcements", () => {
  let database: Database;
  let heard: HeardChanges;

  beforeAll(async () => {
    database = await openTestDatabase({ golden: "empty" });
    heard = await hearChanges(database);
  });
  afterAll(() => database.close());

  beforeEach(async () => {
    await run(setUp);
    await heard.all();
  });

  const run = (script: string) => database.exclusive(connection => connection.script(script));

  it.each(Object.keys(changes))("of changes in %s name what is, and what it is a part of", async table => {
    for (const [statement, announced] of changes[table] ?? []) {
      await run(statement);
      expect([statement, await heard.sorted()]).toEqual([statement, announced]);
    }
  });

  it.each(Object.keys(changes))("of an emptied %s name nothing and say so", async table => {
    await run(`TRUNCATE "${table}" CASCADE`);
    expect(await heard.sorted()).toContain(
      {
        topic: "Topic REMOVED *",
        tool: "Tool REMOVED *",
        module: "Module REMOVED *",
        lesson: "Lesson REMOVED *",
        revision: "Revision REMOVED *",
        tool_plan: "Tool CHANGED *",
        fact: "Tool CHANGED *",
        lesson_topic: "Lesson CHANGED *",
        lesson_tool: "Lesson CHANGED *",
        lesson_prerequisite: "Lesson CHANGED *",
      }[table] ?? "Topic CHANGED *",
    );
  });

  it("come from every table of the catalogue, which this test knows all of", async () => {
    const tables = await database.exclusive(connection =>
      connection.query<{ name: string; events: number }>(`
        SELECT c."relname" AS "name", count(DISTINCT t."tgtype")::integer AS "events" FROM "pg_class" c
        LEFT JOIN "pg_trigger" t ON t."tgrelid" = c."oid" AND t."tgfoid" = '"changes_announced"'::regproc AND t."tgenabled" = 'O'
        WHERE c."relnamespace" = 'public'::regnamespace AND c."relkind" = 'r' GROUP BY 1 ORDER BY 1`),
    );
    const announced = tables.filter(({ events }) => events === 4).map(({ name }) => name);
    expect(announced).toEqual(Object.keys(changes).sort());
    // Kept by triggers, of people, or of the program itself. A new table stands in one of the two lists.
    expect(tables.map(({ name }) => name).filter(name => !announced.includes(name))).toEqual([
      "_prisma_migrations",
      "app_user",
      "attempt_count",
      "audit_event",
      "bookmark",
      "catalog_count",
      "idempotent_request",
      "learner",
      "lesson_progress",
      "list_count",
      "mail_message",
      "one_time_token",
      "refresh_token",
      "search_document",
      "user_session",
    ]);
  });

  it("are those that whoever caches expects of each table and view", async () => {
    const triggers = await database.exclusive(connection =>
      connection.query<{ table: string; arguments: string }>(`
        SELECT DISTINCT c."relname" AS "table", encode(t."tgargs", 'escape') AS "arguments" FROM "pg_trigger" t JOIN "pg_class" c ON c."oid" = t."tgrelid"
        WHERE t."tgfoid" = '"changes_announced"'::regproc AND c."relname" NOT IN ('revision', 'slug_redirect') ORDER BY 1`),
    );
    expect(triggers.length).toBeGreaterThan(10);
    for (const { table, arguments: text } of triggers) {
      const parts = text.split("\\000");
      // What a row is, and what it is a part of by a column of its own that all its readers have; what lists are under is announced besides.
      for (const [type, field] of Object.entries(ownersOf(table) ?? {})) {
        const at = parts.indexOf(type);
        expect([table, type, parts[at + 1]]).toEqual([
          table,
          type,
          table === "section_tool"
            ? expect.stringContaining('s."topic_id"')
            : `r."${field.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)}"`,
        ]);
      }
    }
    const views = await database.exclusive(connection =>
      connection.query<{ view: string; table: string }>(`
        SELECT "view_name"::text AS "view", "table_name"::text AS "table" FROM "information_schema"."view_table_usage"
        WHERE "view_name" IN ('related_topic', 'tool_alternative')`),
    );
    expect(views.length).toBeGreaterThan(1);
    for (const { view, table } of views)
      expect(typesOf(view)).toEqual(expect.arrayContaining([...(typesOf(table) ?? ["?"])]));
  });

  it("are made only of what was committed", async () => {
    const failing = database.transaction(async ({ models }) => {
      await models.topic.update({ where: { id: 1 }, data: { title: "Never" } });
      throw new Error("rolled back");
    });
    await expect(failing).rejects.toThrow("rolled back");
    await run(`
      UPDATE "topic" SET "title" = 'Kept' WHERE "id" = 2;
      SAVEPOINT s; UPDATE "topic" SET "title" = 'Never' WHERE "id" = 3; ROLLBACK TO s`);
    expect(await heard.sorted()).toEqual(["Topic CHANGED 2"]);
  });

  it("of one transaction that says the same twice come once", async () => {
    await run(`
      UPDATE "topic" SET "title" = 'A' WHERE "id" IN (1, 2);
      UPDATE "topic" SET "emoji" = '🤖' WHERE "id" IN (2, 1);
      INSERT INTO "topic_tool" ("topic_id", "tool_id", "rank", "blurb") VALUES (1, 2, 1, 'B'), (2, 2, 1, 'B')`);
    expect(await heard.all()).toEqual(["Topic CHANGED 1,2", "Tool CHANGED 2"]);
  });

  it("of ten thousand rows in one statement are few, and so are those of what goes with them", async () => {
    await run(`
      INSERT INTO "lesson" (${lessonColumns}, "module_id", "position")
        SELECT i, 'many-' || i, 'L', 'S', 'LESSON', 'BEGINNER', 5, 'PUBLIC', '2026-06-24', 'b', 'b', 'b', 10, i FROM generate_series(1001, 11000) i`);
    expect(await heard.all()).toEqual(["Lesson ADDED *", "Module CHANGED 10"]);
    await run(`INSERT INTO "lesson_topic" SELECT i, 1 + i % 2, i FROM generate_series(1001, 11000) i`);
    expect(await heard.all()).toEqual(["Lesson CHANGED *", "Topic CHANGED 1,2"]);
    await run(`UPDATE "lesson" SET "title" = 'M' WHERE "id" > 1000`);
    expect(await heard.all()).toEqual(["Lesson CHANGED *", "Module CHANGED 10"]);
    await run(`DELETE FROM "lesson" WHERE "id" > 1000`);
    expect(await heard.sorted()).toEqual([
      "Lesson CHANGED *",
      "Lesson REMOVED *",
      "Module CHANGED 10",
      "Topic CHANGED 1,2",
    ]);
  });

  it("name as many ids as a payload can hold", async () => {
    await run(`
      INSERT INTO "topic_tool" ("topic_id", "tool_id", "rank", "blurb") VALUES (1, 1, 1, 'B');
      INSERT INTO "lesson" (${lessonColumns}) SELECT i, 'many-' || i, 'L', 'S', 'LESSON', 'BEGINNER', 5, 'PUBLIC', '2026-06-24', 'b', 'b', 'b' FROM generate_series(1001, 2500) i`);
    const [lessons = ""] = (await heard.all()).filter(payload => payload.startsWith("Lesson"));
    expect(lessons.split(",")).toHaveLength(1500);
  });

  it("of one transaction with very many statements are few, without ids in the end", async () => {
    await run(`
      DO $$ BEGIN
        FOR i IN 1001 .. 1400 LOOP
          INSERT INTO "lesson" (${lessonColumns}) VALUES (i, 'many-' || i, 'L', 'S', 'LESSON', 'BEGINNER', 5, 'PUBLIC', '2026-06-24', 'b', 'b', 'b');
        END LOOP;
      END $$`);
    const payloads = await heard.all();
    expect(payloads).toHaveLength(101);
    expect(payloads[0]).toBe("Lesson ADDED 1001");
    expect(payloads.at(-1)).toBe("Lesson ADDED *");
    // The next transaction begins anew.
    await run(`UPDATE "lesson" SET "title" = 'M' WHERE "id" = 1001`);
    expect(await heard.all()).toEqual(["Lesson CHANGED 1001"]);
  });

  it("of people tell who may do less than before, and nothing else of them", async () => {
    const id = "00000000-0000-4000-8000-000000000001";
    const guest = "00000000-0000-4000-8000-000000000002";
    await run(`
      INSERT INTO "app_user" ("id", "email", "email_key", "display_name") VALUES ('${id}', 'a@example.org', 'a@example.org', 'A');
      INSERT INTO "learner" ("id") VALUES ('${guest}');
      INSERT INTO "user_session" ("user_id", "expires_at", "address") SELECT '${id}', now() + INTERVAL '1 day', '::' FROM generate_series(1, 3)`);
    await run(`UPDATE "user_session" SET "last_used_at" = now(); UPDATE "app_user" SET "display_name" = 'B'`);
    expect(await heard.all()).toEqual([]);
    await run(
      `UPDATE "user_session" SET "ended_at" = now() WHERE "id" = (SELECT min("id"::text)::uuid FROM "user_session")`,
    );
    expect(await heard.all()).toEqual([`Learner CHANGED ${id}`]);
    await run(`UPDATE "app_user" SET "role" = 'EDITOR'`);
    expect(await heard.all()).toEqual([`Learner CHANGED ${id}`]);
    await run(`UPDATE "learner" SET "merged_at" = now(), "merged_into" = '${id}' WHERE "id" = '${guest}'`);
    expect(await heard.all()).toEqual([`Learner CHANGED ${guest}`]);
    await run(`DELETE FROM "app_user"`);
    expect(await heard.all()).toEqual([`Learner CHANGED ${id}`]);
  });
});
