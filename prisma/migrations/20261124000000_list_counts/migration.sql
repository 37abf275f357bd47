-- The lengths of the lists that grow with the catalogue, kept by triggers: `totalCount` of a topic's lessons is one row read, however many there are.

-- CreateTable
CREATE TABLE "list_count" (
    "list" TEXT NOT NULL,
    "parent_id" INTEGER NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "list_count_pkey" PRIMARY KEY ("list","parent_id")
);

-- What Prisma's schema cannot say ------------------------------------------------------------------------------------------

-- Which rows count for which list; a row without a parent counts for none.
CREATE VIEW "list_count_source" AS
  SELECT 'TOPIC_LESSONS' AS "list", "topic_id" AS "parent_id", count(*)::integer AS "count" FROM "lesson_topic" GROUP BY "topic_id"
  UNION ALL SELECT 'TOPIC_TOOLS', "topic_id", count(*)::integer FROM "topic_tool" GROUP BY "topic_id"
  UNION ALL SELECT 'TOOL_TOPICS', "tool_id", count(*)::integer FROM "topic_tool" GROUP BY "tool_id"
  UNION ALL SELECT 'TOOL_LESSONS', "tool_id", count(*)::integer FROM "lesson_tool" GROUP BY "tool_id"
  UNION ALL SELECT 'MODULE_LESSONS', "module_id", count(*)::integer FROM "lesson" WHERE "module_id" IS NOT NULL GROUP BY "module_id";

-- Arguments: pairs of a list and the column that holds its parent. Parents in order, so that two writers of the same lists wait for each
-- other instead of blocking each other for good.
CREATE FUNCTION "list_count_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "changes" text;
BEGIN
  FOR "at" IN 0 .. TG_NARGS - 1 BY 2 LOOP
    "changes" := CASE TG_OP
      WHEN 'INSERT' THEN format('SELECT %I AS "parent_id", 1 AS "change" FROM "inserted"', TG_ARGV["at" + 1])
      WHEN 'DELETE' THEN format('SELECT %I AS "parent_id", -1 AS "change" FROM "deleted"', TG_ARGV["at" + 1])
      ELSE format('SELECT %1$I AS "parent_id", 1 AS "change" FROM "inserted" UNION ALL SELECT %1$I, -1 FROM "deleted"', TG_ARGV["at" + 1])
    END;
    EXECUTE format(
      'INSERT INTO "list_count" ("list", "parent_id", "count")
       SELECT %L, "parent_id", sum("change") FROM (%s) c WHERE "parent_id" IS NOT NULL GROUP BY "parent_id" HAVING sum("change") <> 0 ORDER BY "parent_id"
       ON CONFLICT ("list", "parent_id") DO UPDATE SET "count" = "list_count"."count" + EXCLUDED."count"',
      TG_ARGV["at"], "changes");
    IF TG_OP <> 'INSERT' THEN
      EXECUTE format(
        'DELETE FROM "list_count" WHERE "list" = %L AND "count" = 0 AND "parent_id" IN (SELECT "parent_id" FROM (%s) c)', TG_ARGV["at"], "changes");
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
CREATE FUNCTION "list_count_truncated"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "list_count" WHERE "list" = ANY (TG_ARGV);
  RETURN NULL;
END $$;

CREATE TRIGGER "lesson_topic_list_count_inserted" AFTER INSERT ON "lesson_topic" REFERENCING NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_changed"('TOPIC_LESSONS', 'topic_id');
CREATE TRIGGER "lesson_topic_list_count_updated" AFTER UPDATE ON "lesson_topic" REFERENCING OLD TABLE AS "deleted" NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_changed"('TOPIC_LESSONS', 'topic_id');
CREATE TRIGGER "lesson_topic_list_count_deleted" AFTER DELETE ON "lesson_topic" REFERENCING OLD TABLE AS "deleted"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_changed"('TOPIC_LESSONS', 'topic_id');
CREATE TRIGGER "lesson_topic_list_count_truncated" AFTER TRUNCATE ON "lesson_topic"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_truncated"('TOPIC_LESSONS');
CREATE TRIGGER "topic_tool_list_count_inserted" AFTER INSERT ON "topic_tool" REFERENCING NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_changed"('TOPIC_TOOLS', 'topic_id', 'TOOL_TOPICS', 'tool_id');
CREATE TRIGGER "topic_tool_list_count_updated" AFTER UPDATE ON "topic_tool" REFERENCING OLD TABLE AS "deleted" NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_changed"('TOPIC_TOOLS', 'topic_id', 'TOOL_TOPICS', 'tool_id');
CREATE TRIGGER "topic_tool_list_count_deleted" AFTER DELETE ON "topic_tool" REFERENCING OLD TABLE AS "deleted"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_changed"('TOPIC_TOOLS', 'topic_id', 'TOOL_TOPICS', 'tool_id');
CREATE TRIGGER "topic_tool_list_count_truncated" AFTER TRUNCATE ON "topic_tool"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_truncated"('TOPIC_TOOLS', 'TOOL_TOPICS');
CREATE TRIGGER "lesson_tool_list_count_inserted" AFTER INSERT ON "lesson_tool" REFERENCING NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_changed"('TOOL_LESSONS', 'tool_id');
CREATE TRIGGER "lesson_tool_list_count_updated" AFTER UPDATE ON "lesson_tool" REFERENCING OLD TABLE AS "deleted" NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_changed"('TOOL_LESSONS', 'tool_id');
CREATE TRIGGER "lesson_tool_list_count_deleted" AFTER DELETE ON "lesson_tool" REFERENCING OLD TABLE AS "deleted"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_changed"('TOOL_LESSONS', 'tool_id');
CREATE TRIGGER "lesson_tool_list_count_truncated" AFTER TRUNCATE ON "lesson_tool"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_truncated"('TOOL_LESSONS');
CREATE TRIGGER "lesson_list_count_inserted" AFTER INSERT ON "lesson" REFERENCING NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_changed"('MODULE_LESSONS', 'module_id');
CREATE TRIGGER "lesson_list_count_updated" AFTER UPDATE ON "lesson" REFERENCING OLD TABLE AS "deleted" NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_changed"('MODULE_LESSONS', 'module_id');
CREATE TRIGGER "lesson_list_count_deleted" AFTER DELETE ON "lesson" REFERENCING OLD TABLE AS "deleted"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_changed"('MODULE_LESSONS', 'module_id');
CREATE TRIGGER "lesson_list_count_truncated" AFTER TRUNCATE ON "lesson"
  FOR EACH STATEMENT EXECUTE FUNCTION "list_count_truncated"('MODULE_LESSONS');

INSERT INTO "list_count" SELECT * FROM "list_count_source";
