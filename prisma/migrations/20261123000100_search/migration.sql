-- Search: one document for each topic, tool and lesson, kept right by triggers, whatever writes.

-- CreateEnum
CREATE TYPE "search_type" AS ENUM ('TOPIC', 'TOOL', 'LESSON');

-- CreateTable
CREATE TABLE "search_document" (
    "type" "search_type" NOT NULL,
    "entity_id" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "vector" tsvector NOT NULL,
    "level" "level",
    "access" "lesson_access",
    "topic_category" "topic_category",
    "tool_category" "tool_category",

    CONSTRAINT "search_document_pkey" PRIMARY KEY ("type","entity_id")
);

-- CreateIndex
CREATE INDEX "search_document_vector_idx" ON "search_document" USING GIN ("vector");

-- ---------------------------------------------------------------------------------------------------------------------
-- From here on: what the Prisma schema cannot say.

-- Titles that start with something, and titles with something in them or something like it.
CREATE INDEX "search_document_title_order_idx" ON "search_document" (lower("title" COLLATE "C"), "type", "entity_id");
CREATE INDEX "search_document_title_similar_idx" ON "search_document" USING GIN (lower("title" COLLATE "C") gin_trgm_ops);

-- What the documents have to be. Weights: A the title, B the summary, C headings, D texts. A locked lesson is found by its title and
-- summary alone: search must not tell what its text says. PostgreSQL refuses a vector of more than a megabyte; nobody searches so far down.
CREATE VIEW "search_source" AS
  SELECT
    'TOPIC'::"search_type" AS "type", t."id" AS "entity_id", t."title",
    setweight(to_tsvector('english', t."title"), 'A') || setweight(to_tsvector('english', t."summary"), 'B')
      || setweight(to_tsvector('english', coalesce(s."headings", '')), 'C')
      || setweight(to_tsvector('english', left(coalesce(s."bodies", ''), 200000)), 'D') AS "vector",
    NULL::"level" AS "level", NULL::"lesson_access" AS "access", t."category" AS "topic_category", NULL::"tool_category" AS "tool_category"
  FROM "topic" t
  LEFT JOIN LATERAL (
    SELECT string_agg("heading", E'\n' ORDER BY "position") AS "headings", string_agg("body_text", E'\n' ORDER BY "position") AS "bodies"
    FROM "topic_section" WHERE "topic_id" = t."id"
  ) s ON TRUE
  UNION ALL
  SELECT
    'TOOL', t."id", t."name",
    setweight(to_tsvector('english', t."name"), 'A') || setweight(to_tsvector('english', t."vendor" || E'\n' || t."tagline"), 'B')
      || setweight(to_tsvector('english', left(t."description_text", 200000)), 'D'),
    NULL, NULL, NULL, t."category"
  FROM "tool" t
  UNION ALL
  SELECT
    'LESSON', l."id", l."title",
    setweight(to_tsvector('english', l."title"), 'A') || setweight(to_tsvector('english', l."summary"), 'B')
      || CASE WHEN l."access" = 'PUBLIC' THEN setweight(to_tsvector('english', left(l."body_text", 200000)), 'D') ELSE ''::tsvector END,
    l."level", l."access", NULL, NULL
  FROM "lesson" l;

CREATE FUNCTION "search_document_refresh"("of_type" "search_type", "ids" integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- First the lock, then the reading: whoever changes another part of the same page at the same time waits, and then sees this change.
  PERFORM 1 FROM "search_document" d WHERE d."type" = "of_type" AND d."entity_id" = ANY ("ids") ORDER BY d."entity_id" FOR UPDATE;
  DELETE FROM "search_document" d WHERE d."type" = "of_type" AND d."entity_id" = ANY ("ids")
    AND NOT EXISTS (SELECT 1 FROM "search_source" s WHERE s."type" = "of_type" AND s."entity_id" = d."entity_id");
  INSERT INTO "search_document" SELECT * FROM "search_source" s WHERE s."type" = "of_type" AND s."entity_id" = ANY ("ids")
    ON CONFLICT ("type", "entity_id") DO UPDATE SET
      "title" = EXCLUDED."title", "vector" = EXCLUDED."vector", "level" = EXCLUDED."level", "access" = EXCLUDED."access",
      "topic_category" = EXCLUDED."topic_category", "tool_category" = EXCLUDED."tool_category";
END $$;

-- For bulk work that switched the triggers off.
CREATE FUNCTION "search_document_rebuild"() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "search_document";
  INSERT INTO "search_document" SELECT * FROM "search_source";
END $$;

-- The entity's type is the trigger's first argument, the column that holds its id the second.
CREATE FUNCTION "search_source_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "ids" integer[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    EXECUTE format('SELECT array_agg(DISTINCT %I) FROM "inserted"', TG_ARGV[1]) INTO "ids";
  ELSIF TG_OP = 'DELETE' THEN
    EXECUTE format('SELECT array_agg(DISTINCT %I) FROM "deleted"', TG_ARGV[1]) INTO "ids";
  ELSE
    EXECUTE format('SELECT array_agg("id") FROM (SELECT %1$I FROM "inserted" UNION SELECT %1$I FROM "deleted") u ("id")', TG_ARGV[1]) INTO "ids";
  END IF;
  IF "ids" IS NOT NULL THEN PERFORM "search_document_refresh"(TG_ARGV[0]::"search_type", "ids"); END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION "search_source_truncated"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "search_document_refresh"(TG_ARGV[0]::"search_type", (SELECT array_agg("entity_id") FROM "search_document" WHERE "type" = TG_ARGV[0]::"search_type"));
  RETURN NULL;
END $$;

CREATE TRIGGER "topic_search_inserted" AFTER INSERT ON "topic" REFERENCING NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_changed"('TOPIC', 'id');
CREATE TRIGGER "topic_search_updated" AFTER UPDATE ON "topic" REFERENCING OLD TABLE AS "deleted" NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_changed"('TOPIC', 'id');
CREATE TRIGGER "topic_search_deleted" AFTER DELETE ON "topic" REFERENCING OLD TABLE AS "deleted"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_changed"('TOPIC', 'id');
CREATE TRIGGER "topic_search_truncated" AFTER TRUNCATE ON "topic"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_truncated"('TOPIC');
CREATE TRIGGER "topic_section_search_inserted" AFTER INSERT ON "topic_section" REFERENCING NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_changed"('TOPIC', 'topic_id');
CREATE TRIGGER "topic_section_search_updated" AFTER UPDATE ON "topic_section" REFERENCING OLD TABLE AS "deleted" NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_changed"('TOPIC', 'topic_id');
CREATE TRIGGER "topic_section_search_deleted" AFTER DELETE ON "topic_section" REFERENCING OLD TABLE AS "deleted"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_changed"('TOPIC', 'topic_id');
CREATE TRIGGER "topic_section_search_truncated" AFTER TRUNCATE ON "topic_section"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_truncated"('TOPIC');
CREATE TRIGGER "tool_search_inserted" AFTER INSERT ON "tool" REFERENCING NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_changed"('TOOL', 'id');
CREATE TRIGGER "tool_search_updated" AFTER UPDATE ON "tool" REFERENCING OLD TABLE AS "deleted" NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_changed"('TOOL', 'id');
CREATE TRIGGER "tool_search_deleted" AFTER DELETE ON "tool" REFERENCING OLD TABLE AS "deleted"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_changed"('TOOL', 'id');
CREATE TRIGGER "tool_search_truncated" AFTER TRUNCATE ON "tool"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_truncated"('TOOL');
CREATE TRIGGER "lesson_search_inserted" AFTER INSERT ON "lesson" REFERENCING NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_changed"('LESSON', 'id');
CREATE TRIGGER "lesson_search_updated" AFTER UPDATE ON "lesson" REFERENCING OLD TABLE AS "deleted" NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_changed"('LESSON', 'id');
CREATE TRIGGER "lesson_search_deleted" AFTER DELETE ON "lesson" REFERENCING OLD TABLE AS "deleted"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_changed"('LESSON', 'id');
CREATE TRIGGER "lesson_search_truncated" AFTER TRUNCATE ON "lesson"
  FOR EACH STATEMENT EXECUTE FUNCTION "search_source_truncated"('LESSON');

-- Documents whose title has words like "text", for typing errors. A function, since the threshold of `<%` is a setting.
CREATE FUNCTION "search_similar"("text" text) RETURNS TABLE ("type" "search_type", "entity_id" integer, "similarity" real)
  LANGUAGE sql STABLE ROWS 100 SET "pg_trgm.word_similarity_threshold" = '0.5' AS $$
  SELECT d."type", d."entity_id", word_similarity("text", lower(d."title" COLLATE "C"))
  FROM "search_document" d WHERE "text" <% lower(d."title" COLLATE "C") LIMIT 1000
$$;

SELECT "search_document_rebuild"();
