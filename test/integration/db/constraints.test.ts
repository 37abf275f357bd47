// What the database itself refuses: every check of the migrations, keys that hold at the end of a transaction, audit events for ever.
import type { Database } from "../../../src/db/database";
import { sql, trustedSql } from "../../../src/db/sql";
import { openTestDatabase } from "../../support/database";

/** One good row of every table that has a check. */
const goodRows = `
INSERT INTO "topic" ("slug", "title", "emoji", "summary", "category", "position", "updated_on", "seo_title", "seo_description")
  VALUES ('topic', 'T', 'T', 'T', 'DATA', 1, '2026-06-24', '', '');
INSERT INTO "call_to_action" VALUES (1, 'H', 'B', 'L', '/sign-up', '');
INSERT INTO "topic_section" ("topic_id", "position", "kind", "emoji", "heading", "anchor", "body_markdown", "body_html", "body_text")
  VALUES (1, 1, 'OVERVIEW', 'E', 'H', 'one', 'M', 'M', 'M'), (1, 2, 'CUSTOM', 'E', 'H', 'two', 'M', 'M', 'M');
INSERT INTO "tool" ("slug", "name", "vendor", "category", "tagline", "description_markdown", "description_html", "description_text", "website", "pricing_model")
  VALUES ('tool', 'N', 'V', 'ASSISTANT', 'T', '', '', '', 'https://example.org', 'FREE'), ('other', 'N', 'V', 'ASSISTANT', 'T', '', '', '', 'http://example.org', 'FREE');
INSERT INTO "section_tool" VALUES (1, 1, 1);
INSERT INTO "topic_tool" VALUES (1, 1, 1, 'B', false), (1, 2, 2, 'B', false);
INSERT INTO "tool_plan" ("tool_id", "position", "name", "amount", "currency", "unit", "as_of", "source_name")
  VALUES (1, 1, 'Pro', 20, 'USD', 'MONTH', '2026-06-24', 'S'), (1, 2, 'Team', NULL, NULL, 'MONTH', '2026-06-24', 'S');
INSERT INTO "fact" ("tool_id", "topic_id", "position", "key", "kind", "statement", "as_of", "source_name")
  VALUES (1, NULL, 1, 'a', 'USERS', 'S', '2026-06-24', 'S'), (1, NULL, 2, 'b', 'USERS', 'S', '2026-06-24', 'S'),
         (NULL, 1, 1, 'a', 'USERS', 'S', '2026-06-24', 'S'), (NULL, 1, 2, 'b', 'USERS', 'S', '2026-06-24', 'S');
INSERT INTO "module" ("slug", "topic_id", "title", "summary", "level", "position")
  VALUES ('module', 1, 'T', 'S', 'BEGINNER', 1), ('other', 1, 'T', 'S', 'BEGINNER', 2);
INSERT INTO "lesson" ("slug", "title", "summary", "kind", "level", "duration_minutes", "access", "updated_on", "body_markdown", "body_html", "body_text", "module_id", "position")
  VALUES ('lesson', 'T', 'S', 'LESSON', 'BEGINNER', 1, 'PUBLIC', '2026-06-24', 'M', 'M', 'M', 1, 1),
         ('other', 'T', 'S', 'LESSON', 'BEGINNER', 240, 'PUBLIC', '2026-06-24', 'M', 'M', 'M', 1, 2);
INSERT INTO "lesson_prerequisite" VALUES (1, 2, 1);
INSERT INTO "app_user" ("email", "email_key", "display_name") VALUES ('A@example.org', 'a@example.org', 'A');
INSERT INTO "lesson_progress" ("learner_id", "lesson_id", "state") SELECT "id", 1, 'STARTED' FROM "app_user";
INSERT INTO "bookmark" ("learner_id", "lesson_id") SELECT "id", 1 FROM "app_user";
INSERT INTO "revision" ("entity", "entity_id", "number", "state", "slug", "author_name", "content", "published_at")
  VALUES ('TOPIC', 1, 1, 'PUBLISHED', 's', 'A', '{}', now()), ('TOPIC', 1, 2, 'SUPERSEDED', 's', 'A', '{}', now()), ('TOOL', 1, 1, 'PUBLISHED', 's', 'A', '{}', now());
INSERT INTO "slug_redirect" ("entity", "slug", "entity_id") VALUES ('TOPIC', 'old', 1);
INSERT INTO "user_session" ("user_id", "expires_at", "address") SELECT "id", now(), '::1' FROM "app_user";
INSERT INTO "refresh_token" ("hash", "session_id") SELECT sha256('a'), "id" FROM "user_session";
INSERT INTO "one_time_token" ("hash", "user_id", "purpose", "email", "expires_at") SELECT sha256('a'), "id", 'VERIFY_EMAIL', "email", now() FROM "app_user";
INSERT INTO "mail_message" ("recipient", "subject", "body") VALUES ('a@example.org', 'S', 'B');
INSERT INTO "idempotent_request" ("learner_id", "key", "request_hash") SELECT "id", 'k', sha256('a') FROM "app_user";
INSERT INTO "audit_event" ("actor_name", "action", "entity", "entity_id") VALUES ('A', 'publish', 'topic', '1');`;

const badSlugs = ["''", "'Upper'", "'a b'", "'-a'", "'a-'", "'a--b'", "E'a\\n'", "'é'", "repeat('a', 81)"].map(
  value => `"slug" = ${value}`,
);
const empty = (...columns: string[]) => columns.map(column => `"${column}" = ''`);

/** What each check refuses, as the SET of an update of a good row. */
const refused: Readonly<Record<string, readonly string[]>> = {
  topic_slug_check: badSlugs,
  tool_slug_check: badSlugs,
  module_slug_check: badSlugs,
  lesson_slug_check: badSlugs,
  topic_text_check: empty("title", "emoji", "summary"),
  topic_position_check: [`"position" = 0`],
  topic_section_text_check: empty("emoji", "heading", "body_markdown"),
  topic_section_anchor_check: [`"anchor" = 'A b'`, `"anchor" = ''`],
  topic_section_position_check: [`"position" = 0`],
  section_tool_position_check: [`"position" = 0`],
  call_to_action_href_check: [`"href" = 'javascript:alert(1)'`, `"href" = 'sign-up'`, `"href" = ' /sign-up'`],
  tool_text_check: empty("name", "vendor", "tagline"),
  tool_website_check: [`"website" = 'javascript:alert(1)'`, `"website" = 'ftp://example.org'`, `"website" = ''`],
  topic_tool_rank_check: [`"rank" = 0`],
  topic_tool_blurb_check: empty("blurb"),
  tool_plan_price_check: [
    `"amount" = 1, "currency" = NULL`,
    `"amount" = NULL, "currency" = 'USD'`,
    `"amount" = -1, "currency" = 'USD'`,
    `"amount" = 1, "currency" = 'usd'`,
    `"amount" = 1, "currency" = 'US'`,
  ],
  tool_plan_text_check: [...empty("name", "source_name"), `"position" = 0`],
  tool_plan_source_url_check: [`"source_url" = 'javascript:alert(1)'`],
  fact_subject_check: [`"tool_id" = 1, "topic_id" = 1`, `"tool_id" = NULL, "topic_id" = NULL`],
  fact_unit_check: [`"unit" = 'USD', "value" = NULL`],
  fact_stale_after_check: [`"stale_after" = "as_of" - 1`],
  fact_text_check: [...empty("statement", "source_name"), `"position" = 0`],
  fact_source_url_check: [`"source_url" = 'javascript:alert(1)'`],
  module_text_check: [...empty("title", "summary"), `"position" = 0`],
  lesson_text_check: empty("title", "summary", "body_markdown"),
  lesson_duration_check: [`"duration_minutes" = 0`, `"duration_minutes" = 241`],
  lesson_module_position_check: [`"module_id" = NULL`, `"position" = NULL`, `"position" = 0`],
  lesson_guide_check: [`"kind" = 'TOOL_GUIDE'`, `"guides_tool_id" = 1`],
  lesson_prerequisite_self_check: [`"prerequisite_id" = "lesson_id"`],
  app_user_email_key_check: [`"email_key" = 'A@example.org'`, `"email_key" = 'a@'`, `"email_key" = repeat('a', 255)`],
  app_user_display_name_check: [...empty("display_name"), `"display_name" = repeat('a', 81)`],
  lesson_progress_completed_check: [`"state" = 'COMPLETED'`, `"completed_at" = now()`],
  bookmark_subject_check: [`"lesson_id" = NULL`, `"topic_id" = 1`],
  learner_merged_check: [`"merged_at" = now()`, `"merged_into" = "id"`],
  refresh_token_hash_check: [`"hash" = 'a'`],
  one_time_token_hash_check: [`"hash" = 'a'`],
  user_session_user_agent_check: [`"user_agent" = repeat('a', 201)`],
  idempotent_request_key_check: [`"key" = ''`, `"key" = repeat('a', 256)`],
  mail_message_sent_check: [`"sent_at" = now()`, `"sent_at" = now(), "next_attempt_at" = NULL`],
  revision_number_check: [`"number" = 0`],
  revision_scheduled_check: [`"state" = 'SCHEDULED', "published_at" = NULL`],
  revision_published_check: [
    `"state" = 'PUBLISHED', "published_at" = NULL`,
    `"state" = 'DRAFT'`,
    `"state" = 'PUBLISHED', "withdrawn_at" = now() + interval '1 day'`,
    `"state" = 'SUPERSEDED', "withdrawn_at" = "published_at" - interval '1 day'`,
  ],
  revision_failure_check: [`"failure" = 'F'`, `"failed_at" = now()`],
  revision_slug_check: badSlugs,
  slug_redirect_slug_check: badSlugs,
};

describe("Database constraints", () => {
  let database: Database;
  let tableOf: Map<string, string>;
  beforeAll(async () => {
    database = await openTestDatabase({ golden: "empty" });
    await database.exclusive(connection => connection.script(goodRows));
    const checks = await database.query<{ name: string; table: string }>(sql`
      SELECT conname::text AS "name", conrelid::regclass::text AS "table" FROM pg_constraint
      WHERE contype = 'c' AND connamespace = 'public'::regnamespace`);
    tableOf = new Map(checks.map(({ name, table }) => [name, table]));
  });
  afterAll(() => database.close());

  /** Runs statements in one transaction, which is rolled back when one of them, or the commit, fails. */
  const run = (...statements: string[]) =>
    database.exclusive(async connection => {
      for (const statement of statements) await connection.query(statement);
    });

  it("are all known to this test", () => {
    expect([...tableOf.keys()].sort()).toEqual(Object.keys(refused).sort());
  });

  it.each(Object.entries(refused))("%s refuses what it is for", async (constraint, changes) => {
    for (const change of changes) {
      const row = `(SELECT min(ctid) FROM "${tableOf.get(constraint)}")`;
      const update = run(`UPDATE "${tableOf.get(constraint)}" SET ${change} WHERE ctid = ${row}`);
      await expect(update.then(() => change)).rejects.toMatchObject({ code: "23514", constraint });
    }
  });

  describe("on users", () => {
    const ids = (table: string) =>
      database.query<{ id: string }>(sql`SELECT "id"::text AS "id" FROM ${trustedSql(table)} ORDER BY 1`);

    it("keep one learner for each, under the same id", async () => {
      expect(await ids("learner")).toEqual(await ids("app_user"));
      await run(
        `INSERT INTO "app_user" ("email", "email_key", "display_name") VALUES ('b@example.org', 'b@example.org', 'B')`,
      );
      expect(await ids("learner")).toHaveLength(2);
      await run(`DELETE FROM "app_user" WHERE "email" = 'b@example.org'`);
      expect(await ids("learner")).toEqual(await ids("app_user"));
    });

    it("never let the last admin go, also when two go at once", async () => {
      const admin = (name: string) =>
        `INSERT INTO "app_user" ("email", "email_key", "display_name", "role") VALUES ('${name}@example.org', '${name}@example.org', '${name}', 'ADMIN')`;
      await run(admin("c"), admin("d"));
      const demote = (name: string) => run(`UPDATE "app_user" SET "role" = 'LEARNER' WHERE "display_name" = '${name}'`);
      const results = await Promise.allSettled([demote("c"), demote("d")]);
      expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      await expect(run(`DELETE FROM "app_user" WHERE "role" = 'ADMIN'`)).rejects.toMatchObject({ code: "LG001" });
    });
  });

  describe("on orders", () => {
    const orders: readonly [table: string, order: string, owner: string, constraint: string][] = [
      ["topic_section", "position", `"topic_id" = 1`, "topic_section_topic_id_position_key"],
      ["topic_tool", "rank", `"topic_id" = 1`, "topic_tool_topic_id_rank_key"],
      ["tool_plan", "position", `"tool_id" = 1`, "tool_plan_tool_id_position_key"],
      ["fact", "position", `"tool_id" = 1`, "fact_tool_id_position_key"],
      ["fact", "position", `"topic_id" = 1`, "fact_topic_id_position_key"],
      ["module", "position", `"topic_id" = 1`, "module_topic_id_position_key"],
      ["lesson", "position", `"module_id" = 1`, "lesson_module_id_position_key"],
    ];

    it.each(orders)(
      "let two rows of %s change places by %s within one transaction (%s)",
      async (table, order, owner) => {
        // A key that is not deferred is held for each row: the first of the two would meet the second.
        await run(`UPDATE "${table}" SET "${order}" = 3 - "${order}" WHERE ${owner}`);
        const [row] = await database.exclusive(connection =>
          connection.query<{ orders: number[] }>(
            `SELECT array_agg("${order}" ORDER BY "${order}") AS "orders" FROM "${table}" WHERE ${owner}`,
          ),
        );
        expect(row?.orders).toEqual([1, 2]);
      },
    );

    it.each(orders)(
      "refuse two rows of %s with the same %s at the end of the transaction (%s)",
      async (table, order, owner, constraint) => {
        let statementsDone = false;
        const work = database.exclusive(async connection => {
          await connection.query(`UPDATE "${table}" SET "${order}" = 1 WHERE ${owner}`);
          statementsDone = true;
        });
        await expect(work).rejects.toMatchObject({ code: "23505", constraint });
        expect(statementsDone).toBe(true);
      },
    );
  });

  it("let one revision of a thing be the published one", async () => {
    const second = run(`UPDATE "revision" SET "state" = 'PUBLISHED' WHERE "entity" = 'TOPIC' AND "number" = 2`);
    await expect(second).rejects.toMatchObject({ code: "23505", constraint: "revision_one_published_key" });
  });

  describe("on audit events", () => {
    it.each([
      ["changed", `UPDATE "audit_event" SET "actor_name" = 'nobody'`],
      ["deleted", `DELETE FROM "audit_event"`],
      ["truncated", `TRUNCATE "audit_event"`],
    ])("refuse that they are %s", async (_, statement) => {
      await expect(run(statement)).rejects.toMatchObject({
        code: "42501",
        message: "audit events are only ever added",
      });
      const rows = await database.models.auditEvent.findMany();
      expect(rows).toMatchObject([{ actorName: "A", action: "publish" }]);
    });
  });
});
