-- The change feed: whatever changes the catalogue, be it another instance or psql, announces which entities changed, on the channel
-- "learngraph_changes". Nothing is announced for what is rolled back: PostgreSQL sends at the commit.
--
-- A payload is `<type> <change> <ids>`, such as `Topic CHANGED 12,7`:
--   type    Topic, Tool, Module, Lesson, Revision, Learner
--   change  ADDED, CHANGED, REMOVED
--   ids     ids in the order of their characters, or * for any number of unnamed ones; of a revision `LESSON:5:12`: revision 12 of lesson 5

-- What Prisma's schema cannot say ------------------------------------------------------------------------------------------

-- PostgreSQL takes payloads below 8,000 bytes, and sends equal ones of a transaction once. So a transaction of any size sends a bounded
-- number: after the hundredth, no ids are named any more.
CREATE FUNCTION "announce"("type" text, "change" text, "ids" text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  "announced" integer := coalesce(nullif(current_setting('learngraph.announced', true), ''), '0')::integer;
BEGIN
  IF "announced" >= 100 OR octet_length("ids") > 7900 THEN "ids" := '*'; END IF;
  PERFORM set_config('learngraph.announced', ("announced" + 1)::text, true);
  PERFORM pg_notify('learngraph_changes', "type" || ' ' || "change" || ' ' || "ids");
END $$;

-- Arguments in threes: 'is' for the entity that a row is and 'of' for one that it is a part of; the entity's type; its id, as an
-- expression over a row r. An entity that a row was a part of before an update is announced too.
CREATE FUNCTION "changes_announced"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "rows" text := CASE TG_OP
    WHEN 'INSERT' THEN 'SELECT (%1$s)::text COLLATE "C" FROM "inserted" r'
    WHEN 'DELETE' THEN 'SELECT (%1$s)::text COLLATE "C" FROM "deleted" r'
    ELSE 'SELECT (%1$s)::text COLLATE "C" FROM "inserted" r UNION SELECT (%1$s)::text COLLATE "C" FROM "deleted" r'
  END;
  "ids" text;
BEGIN
  FOR "at" IN 0 .. TG_NARGS - 1 BY 3 LOOP
    IF TG_OP = 'TRUNCATE' THEN
      "ids" := '*';
    ELSE
      EXECUTE format('SELECT string_agg(DISTINCT "id", '','' ORDER BY "id") FROM (' || "rows" || ') a ("id")', TG_ARGV["at" + 2]) INTO "ids";
    END IF;
    CONTINUE WHEN "ids" IS NULL;
    PERFORM "announce"(
      TG_ARGV["at" + 1],
      CASE WHEN TG_ARGV["at"] = 'of' OR TG_OP = 'UPDATE' THEN 'CHANGED' WHEN TG_OP = 'INSERT' THEN 'ADDED' ELSE 'REMOVED' END,
      "ids");
  END LOOP;
  RETURN NULL;
END $$;

-- Makes the changes of a table announced, from now on.
CREATE FUNCTION "announce_changes_of"("table" text, VARIADIC "entities" text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  "arguments" text := (SELECT string_agg(quote_literal("e"), ', ') FROM unnest("entities") "e");
  "operation" record;
BEGIN
  FOR "operation" IN SELECT * FROM (VALUES
    ('INSERT', 'inserted', 'REFERENCING NEW TABLE AS "inserted"'),
    ('UPDATE', 'updated', 'REFERENCING OLD TABLE AS "deleted" NEW TABLE AS "inserted"'),
    ('DELETE', 'deleted', 'REFERENCING OLD TABLE AS "deleted"'),
    ('TRUNCATE', 'truncated', '')
  ) o ("name", "past", "tables") LOOP
    EXECUTE format('CREATE TRIGGER %I AFTER %s ON %I %s FOR EACH STATEMENT EXECUTE FUNCTION "changes_announced"(%s)',
      "table" || '_announce_' || "operation"."past", "operation"."name", "table", "operation"."tables", "arguments");
  END LOOP;
END $$;

SELECT "announce_changes_of"('topic', 'is', 'Topic', 'r."id"');
SELECT "announce_changes_of"('call_to_action', 'of', 'Topic', 'r."topic_id"');
SELECT "announce_changes_of"('topic_section', 'of', 'Topic', 'r."topic_id"');
-- No topic any more when its section was deleted too, which has announced it then.
SELECT "announce_changes_of"('section_tool', 'of', 'Topic', 'SELECT s."topic_id" FROM "topic_section" s WHERE s."id" = r."section_id"');
SELECT "announce_changes_of"('tool', 'is', 'Tool', 'r."id"');
SELECT "announce_changes_of"('topic_tool', 'of', 'Topic', 'r."topic_id"', 'of', 'Tool', 'r."tool_id"');
SELECT "announce_changes_of"('tool_plan', 'of', 'Tool', 'r."tool_id"');
SELECT "announce_changes_of"('fact', 'of', 'Tool', 'r."tool_id"', 'of', 'Topic', 'r."topic_id"');
SELECT "announce_changes_of"('module', 'is', 'Module', 'r."id"', 'of', 'Topic', 'r."topic_id"');
SELECT "announce_changes_of"('lesson', 'is', 'Lesson', 'r."id"', 'of', 'Module', 'r."module_id"', 'of', 'Tool', 'r."guides_tool_id"');
SELECT "announce_changes_of"('lesson_topic', 'of', 'Lesson', 'r."lesson_id"', 'of', 'Topic', 'r."topic_id"');
SELECT "announce_changes_of"('lesson_tool', 'of', 'Lesson', 'r."lesson_id"', 'of', 'Tool', 'r."tool_id"');
SELECT "announce_changes_of"('lesson_prerequisite', 'of', 'Lesson', 'r."lesson_id"');
SELECT "announce_changes_of"('revision', 'is', 'Revision', 'r."entity" || '':'' || r."entity_id" || '':'' || r."id"');

-- Who may do less than before, or is somebody else: a sign-in that ended, a role that was changed, a guest who was taken over. For each
-- row, and only then: a session is written at each refresh, and commits that announce anything wait for each other.
CREATE FUNCTION "learner_announced"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "announce"('Learner', 'CHANGED', to_jsonb(OLD) ->> TG_ARGV[0]);
  RETURN NULL;
END $$;

CREATE TRIGGER "user_session_announce_ended" AFTER UPDATE ON "user_session" FOR EACH ROW
  WHEN (OLD."ended_at" IS NULL AND NEW."ended_at" IS NOT NULL) EXECUTE FUNCTION "learner_announced"('user_id');
CREATE TRIGGER "user_session_announce_deleted" AFTER DELETE ON "user_session" FOR EACH ROW
  WHEN (OLD."ended_at" IS NULL) EXECUTE FUNCTION "learner_announced"('user_id');
CREATE TRIGGER "app_user_announce_role" AFTER UPDATE ON "app_user" FOR EACH ROW
  WHEN (OLD."role" IS DISTINCT FROM NEW."role") EXECUTE FUNCTION "learner_announced"('id');
CREATE TRIGGER "learner_announce_merged" AFTER UPDATE ON "learner" FOR EACH ROW
  WHEN (OLD."merged_at" IS NULL AND NEW."merged_at" IS NOT NULL) EXECUTE FUNCTION "learner_announced"('id');
