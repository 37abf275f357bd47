-- Filters and orders of lists: each that the API offers is served by an index; docs/filters.md says by which.

-- Trigrams, for text that contains something and for words with typing errors. A trusted extension: the owner of the database may create it.
CREATE EXTENSION IF NOT EXISTS "pg_trgm";

-- CreateIndex
CREATE INDEX "topic_created_at_id_idx" ON "topic"("created_at", "id");

-- CreateIndex
CREATE INDEX "tool_pricing_model_id_idx" ON "tool"("pricing_model", "id");

-- CreateIndex
CREATE INDEX "tool_created_at_id_idx" ON "tool"("created_at", "id");

-- CreateIndex
CREATE INDEX "tool_protocols_idx" ON "tool" USING GIN ("protocols");

-- CreateIndex
CREATE INDEX "tool_plan_amount_idx" ON "tool_plan"("amount");

-- CreateIndex
CREATE INDEX "tool_plan_currency_idx" ON "tool_plan"("currency");

-- CreateIndex
CREATE INDEX "tool_plan_unit_idx" ON "tool_plan"("unit");

-- CreateIndex
CREATE INDEX "fact_key_idx" ON "fact"("key");

-- CreateIndex
CREATE INDEX "fact_kind_idx" ON "fact"("kind");

-- CreateIndex
CREATE INDEX "fact_as_of_id_idx" ON "fact"("as_of", "id");

-- CreateIndex
CREATE INDEX "module_level_id_idx" ON "module"("level", "id");

-- CreateIndex
CREATE INDEX "lesson_access_id_idx" ON "lesson"("access", "id");

-- CreateIndex
CREATE INDEX "lesson_created_at_id_idx" ON "lesson"("created_at", "id");

-- ---------------------------------------------------------------------------------------------------------------------
-- From here on: what the Prisma schema cannot say.

CREATE INDEX "module_title_order_idx" ON "module" (lower("title" COLLATE "C"), "id");
CREATE INDEX "fact_stale_after_order_idx" ON "fact" (coalesce("stale_after", make_date(9999, 12, 31)), "id");

-- Text that contains something.
CREATE INDEX "topic_title_contains_idx" ON "topic" USING GIN (lower("title" COLLATE "C") gin_trgm_ops);
CREATE INDEX "tool_name_contains_idx" ON "tool" USING GIN (lower("name" COLLATE "C") gin_trgm_ops);
CREATE INDEX "tool_vendor_contains_idx" ON "tool" USING GIN (lower("vendor" COLLATE "C") gin_trgm_ops);
CREATE INDEX "module_title_contains_idx" ON "module" USING GIN (lower("title" COLLATE "C") gin_trgm_ops);
CREATE INDEX "lesson_title_contains_idx" ON "lesson" USING GIN (lower("title" COLLATE "C") gin_trgm_ops);

-- Topics that show some of the same tools. Read for one topic at a time, which the planner pushes into the join.
CREATE VIEW "related_topic" AS
  SELECT a."topic_id", b."topic_id" AS "related_id", count(*)::integer AS "shared_tool_count"
  FROM "topic_tool" a JOIN "topic_tool" b ON b."tool_id" = a."tool_id" AND b."topic_id" <> a."topic_id"
  GROUP BY a."topic_id", b."topic_id";

-- Tools of one category that are shown on the same topic pages.
CREATE VIEW "tool_alternative" AS
  SELECT a."tool_id", b."tool_id" AS "alternative_id", count(*)::integer AS "shared_topic_count"
  FROM "topic_tool" a
  JOIN "tool" x ON x."id" = a."tool_id"
  JOIN "topic_tool" b ON b."topic_id" = a."topic_id" AND b."tool_id" <> a."tool_id"
  JOIN "tool" y ON y."id" = b."tool_id" AND y."category" = x."category"
  GROUP BY a."tool_id", b."tool_id";
