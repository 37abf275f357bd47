-- CreateEnum
CREATE TYPE "topic_category" AS ENUM ('SOFTWARE_ENGINEERING', 'DATA', 'DESIGN', 'WRITING', 'MARKETING', 'CUSTOMER_SUPPORT', 'BUSINESS_OPERATIONS', 'RESEARCH', 'EDUCATION');

-- CreateEnum
CREATE TYPE "section_kind" AS ENUM ('OVERVIEW', 'AI_OPPORTUNITY', 'AI_IN_ACTION', 'JOB_IMPACT', 'CUSTOM');

-- CreateEnum
CREATE TYPE "tool_category" AS ENUM ('CODE_EDITOR', 'CODING_AGENT', 'CODE_ASSISTANT', 'MCP_SERVER', 'ASSISTANT', 'SEARCH', 'IMAGE_GENERATION', 'DESIGN', 'WRITING', 'RESEARCH', 'AUTOMATION', 'CUSTOMER_SUPPORT', 'DATA_ANALYSIS');

-- CreateEnum
CREATE TYPE "pricing_model" AS ENUM ('FREE', 'FREEMIUM', 'PAID', 'USAGE_BASED', 'OPEN_SOURCE', 'CONTACT_SALES');

-- CreateEnum
CREATE TYPE "protocol" AS ENUM ('MCP', 'OAUTH_2_1', 'LSP', 'A2A');

-- CreateEnum
CREATE TYPE "plan_unit" AS ENUM ('MONTH', 'YEAR', 'SEAT_MONTH', 'SEAT_YEAR', 'MILLION_INPUT_TOKENS', 'MILLION_OUTPUT_TOKENS', 'ONE_TIME', 'UNIT');

-- CreateEnum
CREATE TYPE "fact_kind" AS ENUM ('USERS', 'REVENUE', 'VALUATION', 'ADOPTION', 'CAPABILITY', 'MODEL', 'LIMIT', 'RELEASE', 'PROTOCOL', 'INTEGRATION', 'PRICING', 'SECURITY', 'COMPANY');

-- CreateEnum
CREATE TYPE "fact_comparison" AS ENUM ('EXACTLY', 'AT_LEAST', 'AT_MOST', 'MORE_THAN', 'ABOUT');

-- CreateEnum
CREATE TYPE "level" AS ENUM ('BEGINNER', 'INTERMEDIATE', 'ADVANCED');

-- CreateEnum
CREATE TYPE "lesson_kind" AS ENUM ('LESSON', 'TOOL_GUIDE');

-- CreateEnum
CREATE TYPE "lesson_access" AS ENUM ('PUBLIC', 'ACCOUNT');

-- CreateEnum
CREATE TYPE "role" AS ENUM ('LEARNER', 'EDITOR', 'ADMIN');

-- CreateEnum
CREATE TYPE "progress_state" AS ENUM ('STARTED', 'COMPLETED');

-- CreateEnum
CREATE TYPE "revision_entity" AS ENUM ('TOPIC', 'TOOL', 'MODULE', 'LESSON');

-- CreateEnum
CREATE TYPE "revision_state" AS ENUM ('DRAFT', 'IN_REVIEW', 'SCHEDULED', 'PUBLISHED', 'SUPERSEDED', 'DISCARDED');

-- CreateTable
CREATE TABLE "topic" (
    "id" SERIAL NOT NULL,
    "slug" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "emoji" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "category" "topic_category" NOT NULL,
    "position" INTEGER NOT NULL,
    "updated_on" DATE NOT NULL,
    "seo_title" TEXT NOT NULL,
    "seo_description" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "topic_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "call_to_action" (
    "topic_id" INTEGER NOT NULL,
    "headline" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "button_label" TEXT NOT NULL,
    "href" TEXT NOT NULL,
    "fine_print" TEXT NOT NULL,

    CONSTRAINT "call_to_action_pkey" PRIMARY KEY ("topic_id")
);

-- CreateTable
CREATE TABLE "topic_section" (
    "id" SERIAL NOT NULL,
    "topic_id" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "kind" "section_kind" NOT NULL,
    "emoji" TEXT NOT NULL,
    "heading" TEXT NOT NULL,
    "anchor" TEXT NOT NULL,
    "body_markdown" TEXT NOT NULL,
    "body_html" TEXT NOT NULL,
    "body_text" TEXT NOT NULL,

    CONSTRAINT "topic_section_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "section_tool" (
    "section_id" INTEGER NOT NULL,
    "tool_id" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,

    CONSTRAINT "section_tool_pkey" PRIMARY KEY ("section_id","tool_id")
);

-- CreateTable
CREATE TABLE "tool" (
    "id" SERIAL NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "vendor" TEXT NOT NULL,
    "category" "tool_category" NOT NULL,
    "tagline" TEXT NOT NULL,
    "description_markdown" TEXT NOT NULL,
    "description_html" TEXT NOT NULL,
    "description_text" TEXT NOT NULL,
    "website" TEXT NOT NULL,
    "pricing_model" "pricing_model" NOT NULL,
    "protocols" "protocol"[],
    "models" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tool_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "topic_tool" (
    "topic_id" INTEGER NOT NULL,
    "tool_id" INTEGER NOT NULL,
    "rank" INTEGER NOT NULL,
    "blurb" TEXT NOT NULL,
    "featured" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "topic_tool_pkey" PRIMARY KEY ("topic_id","tool_id")
);

-- CreateTable
CREATE TABLE "tool_plan" (
    "id" SERIAL NOT NULL,
    "tool_id" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "amount" DECIMAL(16,4),
    "currency" CHAR(3),
    "unit" "plan_unit" NOT NULL,
    "description" TEXT,
    "as_of" DATE NOT NULL,
    "source_name" TEXT NOT NULL,
    "source_url" TEXT,

    CONSTRAINT "tool_plan_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "fact" (
    "id" SERIAL NOT NULL,
    "tool_id" INTEGER,
    "topic_id" INTEGER,
    "position" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "kind" "fact_kind" NOT NULL,
    "statement" TEXT NOT NULL,
    "value" DECIMAL(16,4),
    "comparison" "fact_comparison" NOT NULL DEFAULT 'EXACTLY',
    "unit" TEXT,
    "as_of" DATE NOT NULL,
    "source_name" TEXT NOT NULL,
    "source_url" TEXT,
    "verified_on" DATE,
    "stale_after" DATE,

    CONSTRAINT "fact_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "module" (
    "id" SERIAL NOT NULL,
    "slug" TEXT NOT NULL,
    "topic_id" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "level" "level" NOT NULL,
    "position" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "module_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lesson" (
    "id" SERIAL NOT NULL,
    "slug" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "kind" "lesson_kind" NOT NULL,
    "level" "level" NOT NULL,
    "duration_minutes" INTEGER NOT NULL,
    "access" "lesson_access" NOT NULL,
    "updated_on" DATE NOT NULL,
    "body_markdown" TEXT NOT NULL,
    "body_html" TEXT NOT NULL,
    "body_text" TEXT NOT NULL,
    "module_id" INTEGER,
    "position" INTEGER,
    "guides_tool_id" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "lesson_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lesson_topic" (
    "lesson_id" INTEGER NOT NULL,
    "topic_id" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,

    CONSTRAINT "lesson_topic_pkey" PRIMARY KEY ("lesson_id","topic_id")
);

-- CreateTable
CREATE TABLE "lesson_tool" (
    "lesson_id" INTEGER NOT NULL,
    "tool_id" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,

    CONSTRAINT "lesson_tool_pkey" PRIMARY KEY ("lesson_id","tool_id")
);

-- CreateTable
CREATE TABLE "lesson_prerequisite" (
    "lesson_id" INTEGER NOT NULL,
    "prerequisite_id" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,

    CONSTRAINT "lesson_prerequisite_pkey" PRIMARY KEY ("lesson_id","prerequisite_id")
);

-- CreateTable
CREATE TABLE "catalog_count" (
    "name" TEXT NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "catalog_count_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "app_user" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "email" TEXT NOT NULL,
    "email_key" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "role" "role" NOT NULL DEFAULT 'LEARNER',
    "password_hash" TEXT,
    "email_verified_at" TIMESTAMPTZ(3),
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "preferences" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "app_user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lesson_progress" (
    "user_id" UUID NOT NULL,
    "lesson_id" INTEGER NOT NULL,
    "state" "progress_state" NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completed_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "lesson_progress_pkey" PRIMARY KEY ("user_id","lesson_id")
);

-- CreateTable
CREATE TABLE "bookmark" (
    "id" SERIAL NOT NULL,
    "user_id" UUID NOT NULL,
    "lesson_id" INTEGER,
    "topic_id" INTEGER,
    "tool_id" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "bookmark_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "revision" (
    "id" SERIAL NOT NULL,
    "entity" "revision_entity" NOT NULL,
    "entity_id" INTEGER NOT NULL,
    "number" INTEGER NOT NULL,
    "state" "revision_state" NOT NULL,
    "author_id" UUID,
    "author_name" TEXT NOT NULL,
    "note" TEXT NOT NULL DEFAULT '',
    "content" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "scheduled_for" TIMESTAMPTZ(3),
    "published_at" TIMESTAMPTZ(3),

    CONSTRAINT "revision_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_event" (
    "id" BIGSERIAL NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor_id" UUID,
    "actor_name" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "entity" TEXT NOT NULL,
    "entity_id" TEXT NOT NULL,
    "before_hash" TEXT,
    "after_hash" TEXT,
    "request_id" TEXT,
    "address" TEXT,

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "topic_slug_key" ON "topic"("slug");

-- CreateIndex
CREATE INDEX "topic_position_id_idx" ON "topic"("position", "id");

-- CreateIndex
CREATE INDEX "topic_category_position_id_idx" ON "topic"("category", "position", "id");

-- CreateIndex
CREATE INDEX "topic_updated_on_id_idx" ON "topic"("updated_on", "id");

-- CreateIndex
CREATE UNIQUE INDEX "topic_section_topic_id_anchor_key" ON "topic_section"("topic_id", "anchor");

-- CreateIndex
CREATE INDEX "section_tool_section_id_position_tool_id_idx" ON "section_tool"("section_id", "position", "tool_id");

-- CreateIndex
CREATE INDEX "section_tool_tool_id_idx" ON "section_tool"("tool_id");

-- CreateIndex
CREATE UNIQUE INDEX "tool_slug_key" ON "tool"("slug");

-- CreateIndex
CREATE INDEX "topic_tool_tool_id_topic_id_idx" ON "topic_tool"("tool_id", "topic_id");

-- CreateIndex
CREATE UNIQUE INDEX "tool_plan_tool_id_name_unit_key" ON "tool_plan"("tool_id", "name", "unit");

-- CreateIndex
CREATE INDEX "fact_stale_after_id_idx" ON "fact"("stale_after", "id");

-- CreateIndex
CREATE UNIQUE INDEX "fact_tool_id_key_key" ON "fact"("tool_id", "key");

-- CreateIndex
CREATE UNIQUE INDEX "fact_topic_id_key_key" ON "fact"("topic_id", "key");

-- CreateIndex
CREATE UNIQUE INDEX "module_slug_key" ON "module"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "lesson_slug_key" ON "lesson"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "lesson_guides_tool_id_key" ON "lesson"("guides_tool_id");

-- CreateIndex
CREATE INDEX "lesson_updated_on_id_idx" ON "lesson"("updated_on", "id");

-- CreateIndex
CREATE INDEX "lesson_level_id_idx" ON "lesson"("level", "id");

-- CreateIndex
CREATE INDEX "lesson_kind_id_idx" ON "lesson"("kind", "id");

-- CreateIndex
CREATE INDEX "lesson_duration_minutes_id_idx" ON "lesson"("duration_minutes", "id");

-- CreateIndex
CREATE INDEX "lesson_topic_topic_id_position_lesson_id_idx" ON "lesson_topic"("topic_id", "position", "lesson_id");

-- CreateIndex
CREATE INDEX "lesson_tool_lesson_id_position_tool_id_idx" ON "lesson_tool"("lesson_id", "position", "tool_id");

-- CreateIndex
CREATE INDEX "lesson_tool_tool_id_lesson_id_idx" ON "lesson_tool"("tool_id", "lesson_id");

-- CreateIndex
CREATE INDEX "lesson_prerequisite_lesson_id_position_prerequisite_id_idx" ON "lesson_prerequisite"("lesson_id", "position", "prerequisite_id");

-- CreateIndex
CREATE INDEX "lesson_prerequisite_prerequisite_id_lesson_id_idx" ON "lesson_prerequisite"("prerequisite_id", "lesson_id");

-- CreateIndex
CREATE UNIQUE INDEX "app_user_email_key_key" ON "app_user"("email_key");

-- CreateIndex
CREATE INDEX "app_user_role_created_at_id_idx" ON "app_user"("role", "created_at", "id");

-- CreateIndex
CREATE INDEX "lesson_progress_user_id_state_updated_at_lesson_id_idx" ON "lesson_progress"("user_id", "state", "updated_at", "lesson_id");

-- CreateIndex
CREATE INDEX "lesson_progress_lesson_id_idx" ON "lesson_progress"("lesson_id");

-- CreateIndex
CREATE INDEX "bookmark_user_id_created_at_id_idx" ON "bookmark"("user_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "bookmark_lesson_id_idx" ON "bookmark"("lesson_id");

-- CreateIndex
CREATE INDEX "bookmark_topic_id_idx" ON "bookmark"("topic_id");

-- CreateIndex
CREATE INDEX "bookmark_tool_id_idx" ON "bookmark"("tool_id");

-- CreateIndex
CREATE UNIQUE INDEX "bookmark_user_id_lesson_id_key" ON "bookmark"("user_id", "lesson_id");

-- CreateIndex
CREATE UNIQUE INDEX "bookmark_user_id_topic_id_key" ON "bookmark"("user_id", "topic_id");

-- CreateIndex
CREATE UNIQUE INDEX "bookmark_user_id_tool_id_key" ON "bookmark"("user_id", "tool_id");

-- CreateIndex
CREATE INDEX "revision_state_scheduled_for_id_idx" ON "revision"("state", "scheduled_for", "id");

-- CreateIndex
CREATE INDEX "revision_author_id_created_at_id_idx" ON "revision"("author_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "revision_entity_entity_id_number_key" ON "revision"("entity", "entity_id", "number");

-- CreateIndex
CREATE INDEX "audit_event_occurred_at_id_idx" ON "audit_event"("occurred_at", "id");

-- CreateIndex
CREATE INDEX "audit_event_actor_id_occurred_at_id_idx" ON "audit_event"("actor_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "audit_event_entity_entity_id_occurred_at_id_idx" ON "audit_event"("entity", "entity_id", "occurred_at", "id");

-- AddForeignKey
ALTER TABLE "call_to_action" ADD CONSTRAINT "call_to_action_topic_id_fkey" FOREIGN KEY ("topic_id") REFERENCES "topic"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "topic_section" ADD CONSTRAINT "topic_section_topic_id_fkey" FOREIGN KEY ("topic_id") REFERENCES "topic"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "section_tool" ADD CONSTRAINT "section_tool_section_id_fkey" FOREIGN KEY ("section_id") REFERENCES "topic_section"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "section_tool" ADD CONSTRAINT "section_tool_tool_id_fkey" FOREIGN KEY ("tool_id") REFERENCES "tool"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "topic_tool" ADD CONSTRAINT "topic_tool_topic_id_fkey" FOREIGN KEY ("topic_id") REFERENCES "topic"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "topic_tool" ADD CONSTRAINT "topic_tool_tool_id_fkey" FOREIGN KEY ("tool_id") REFERENCES "tool"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tool_plan" ADD CONSTRAINT "tool_plan_tool_id_fkey" FOREIGN KEY ("tool_id") REFERENCES "tool"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fact" ADD CONSTRAINT "fact_tool_id_fkey" FOREIGN KEY ("tool_id") REFERENCES "tool"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fact" ADD CONSTRAINT "fact_topic_id_fkey" FOREIGN KEY ("topic_id") REFERENCES "topic"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "module" ADD CONSTRAINT "module_topic_id_fkey" FOREIGN KEY ("topic_id") REFERENCES "topic"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lesson" ADD CONSTRAINT "lesson_module_id_fkey" FOREIGN KEY ("module_id") REFERENCES "module"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lesson" ADD CONSTRAINT "lesson_guides_tool_id_fkey" FOREIGN KEY ("guides_tool_id") REFERENCES "tool"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lesson_topic" ADD CONSTRAINT "lesson_topic_lesson_id_fkey" FOREIGN KEY ("lesson_id") REFERENCES "lesson"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lesson_topic" ADD CONSTRAINT "lesson_topic_topic_id_fkey" FOREIGN KEY ("topic_id") REFERENCES "topic"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lesson_tool" ADD CONSTRAINT "lesson_tool_lesson_id_fkey" FOREIGN KEY ("lesson_id") REFERENCES "lesson"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lesson_tool" ADD CONSTRAINT "lesson_tool_tool_id_fkey" FOREIGN KEY ("tool_id") REFERENCES "tool"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lesson_prerequisite" ADD CONSTRAINT "lesson_prerequisite_lesson_id_fkey" FOREIGN KEY ("lesson_id") REFERENCES "lesson"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lesson_prerequisite" ADD CONSTRAINT "lesson_prerequisite_prerequisite_id_fkey" FOREIGN KEY ("prerequisite_id") REFERENCES "lesson"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lesson_progress" ADD CONSTRAINT "lesson_progress_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lesson_progress" ADD CONSTRAINT "lesson_progress_lesson_id_fkey" FOREIGN KEY ("lesson_id") REFERENCES "lesson"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "bookmark" ADD CONSTRAINT "bookmark_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "bookmark" ADD CONSTRAINT "bookmark_lesson_id_fkey" FOREIGN KEY ("lesson_id") REFERENCES "lesson"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "bookmark" ADD CONSTRAINT "bookmark_topic_id_fkey" FOREIGN KEY ("topic_id") REFERENCES "topic"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "bookmark" ADD CONSTRAINT "bookmark_tool_id_fkey" FOREIGN KEY ("tool_id") REFERENCES "tool"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "revision" ADD CONSTRAINT "revision_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "app_user"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- ---------------------------------------------------------------------------------------------------------------------
-- From here on: what the Prisma schema cannot say.

-- Order by name ignores case (of ASCII letters) and does not depend on the database's locale, so that cursors mean the same everywhere.
CREATE INDEX "topic_title_order_idx" ON "topic" (lower("title" COLLATE "C"), "id");
CREATE INDEX "tool_name_order_idx" ON "tool" (lower("name" COLLATE "C"), "id");
CREATE INDEX "tool_category_name_order_idx" ON "tool" ("category", lower("name" COLLATE "C"), "id");
CREATE INDEX "tool_vendor_name_order_idx" ON "tool" (lower("vendor" COLLATE "C"), lower("name" COLLATE "C"), "id");
CREATE INDEX "lesson_title_order_idx" ON "lesson" (lower("title" COLLATE "C"), "id");

-- Slugs are addresses.
ALTER TABLE "topic" ADD CONSTRAINT "topic_slug_check" CHECK ("slug" ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length("slug") <= 80);
ALTER TABLE "tool" ADD CONSTRAINT "tool_slug_check" CHECK ("slug" ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length("slug") <= 80);
ALTER TABLE "module" ADD CONSTRAINT "module_slug_check" CHECK ("slug" ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length("slug") <= 80);
ALTER TABLE "lesson" ADD CONSTRAINT "lesson_slug_check" CHECK ("slug" ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length("slug") <= 80);

ALTER TABLE "topic" ADD CONSTRAINT "topic_text_check" CHECK ("title" <> '' AND "emoji" <> '' AND "summary" <> '');
ALTER TABLE "topic" ADD CONSTRAINT "topic_position_check" CHECK ("position" >= 1);
ALTER TABLE "topic_section" ADD CONSTRAINT "topic_section_text_check" CHECK ("emoji" <> '' AND "heading" <> '' AND "body_markdown" <> '');
ALTER TABLE "topic_section" ADD CONSTRAINT "topic_section_anchor_check" CHECK ("anchor" ~ '^[a-z0-9]+(-[a-z0-9]+)*$');
ALTER TABLE "topic_section" ADD CONSTRAINT "topic_section_position_check" CHECK ("position" >= 1);
ALTER TABLE "section_tool" ADD CONSTRAINT "section_tool_position_check" CHECK ("position" >= 1);
ALTER TABLE "call_to_action" ADD CONSTRAINT "call_to_action_href_check" CHECK ("href" ~ '^(/|https?://)');
ALTER TABLE "tool" ADD CONSTRAINT "tool_text_check" CHECK ("name" <> '' AND "vendor" <> '' AND "tagline" <> '');
ALTER TABLE "tool" ADD CONSTRAINT "tool_website_check" CHECK ("website" ~ '^https?://');
ALTER TABLE "topic_tool" ADD CONSTRAINT "topic_tool_rank_check" CHECK ("rank" >= 1);
ALTER TABLE "topic_tool" ADD CONSTRAINT "topic_tool_blurb_check" CHECK ("blurb" <> '');

-- A price has both an amount and a currency, or it is not public.
ALTER TABLE "tool_plan" ADD CONSTRAINT "tool_plan_price_check"
  CHECK (("amount" IS NULL) = ("currency" IS NULL) AND ("amount" IS NULL OR "amount" >= 0) AND ("currency" IS NULL OR "currency" ~ '^[A-Z]{3}$'));
ALTER TABLE "tool_plan" ADD CONSTRAINT "tool_plan_text_check" CHECK ("name" <> '' AND "source_name" <> '' AND "position" >= 1);
ALTER TABLE "tool_plan" ADD CONSTRAINT "tool_plan_source_url_check" CHECK ("source_url" IS NULL OR "source_url" ~ '^https?://');

ALTER TABLE "fact" ADD CONSTRAINT "fact_subject_check" CHECK (num_nonnulls("tool_id", "topic_id") = 1);
ALTER TABLE "fact" ADD CONSTRAINT "fact_unit_check" CHECK ("unit" IS NULL OR "value" IS NOT NULL);
ALTER TABLE "fact" ADD CONSTRAINT "fact_stale_after_check" CHECK ("stale_after" IS NULL OR "stale_after" >= "as_of");
ALTER TABLE "fact" ADD CONSTRAINT "fact_text_check" CHECK ("statement" <> '' AND "source_name" <> '' AND "position" >= 1);
ALTER TABLE "fact" ADD CONSTRAINT "fact_source_url_check" CHECK ("source_url" IS NULL OR "source_url" ~ '^https?://');

ALTER TABLE "module" ADD CONSTRAINT "module_text_check" CHECK ("title" <> '' AND "summary" <> '' AND "position" >= 1);
ALTER TABLE "lesson" ADD CONSTRAINT "lesson_text_check" CHECK ("title" <> '' AND "summary" <> '' AND "body_markdown" <> '');
ALTER TABLE "lesson" ADD CONSTRAINT "lesson_duration_check" CHECK ("duration_minutes" BETWEEN 1 AND 240);
ALTER TABLE "lesson" ADD CONSTRAINT "lesson_module_position_check" CHECK (("module_id" IS NULL) = ("position" IS NULL) AND ("position" IS NULL OR "position" >= 1));
ALTER TABLE "lesson" ADD CONSTRAINT "lesson_guide_check" CHECK (("kind" = 'TOOL_GUIDE') = ("guides_tool_id" IS NOT NULL));
ALTER TABLE "lesson_prerequisite" ADD CONSTRAINT "lesson_prerequisite_self_check" CHECK ("lesson_id" <> "prerequisite_id");

ALTER TABLE "app_user" ADD CONSTRAINT "app_user_email_key_check" CHECK ("email_key" = lower("email_key") AND length("email_key") BETWEEN 3 AND 254);
ALTER TABLE "app_user" ADD CONSTRAINT "app_user_display_name_check" CHECK ("display_name" <> '' AND length("display_name") <= 80);
ALTER TABLE "lesson_progress" ADD CONSTRAINT "lesson_progress_completed_check" CHECK (("state" = 'COMPLETED') = ("completed_at" IS NOT NULL));
ALTER TABLE "bookmark" ADD CONSTRAINT "bookmark_subject_check" CHECK (num_nonnulls("lesson_id", "topic_id", "tool_id") = 1);

ALTER TABLE "revision" ADD CONSTRAINT "revision_number_check" CHECK ("number" >= 1);
ALTER TABLE "revision" ADD CONSTRAINT "revision_scheduled_check" CHECK ("state" <> 'SCHEDULED' OR "scheduled_for" IS NOT NULL);
ALTER TABLE "revision" ADD CONSTRAINT "revision_published_check" CHECK (("state" IN ('PUBLISHED', 'SUPERSEDED')) = ("published_at" IS NOT NULL));
CREATE UNIQUE INDEX "revision_one_published_key" ON "revision" ("entity", "entity_id") WHERE "state" = 'PUBLISHED';

-- Orders are rewritten as a whole inside a transaction, so they are held unique at its end.
ALTER TABLE "topic_section" ADD CONSTRAINT "topic_section_topic_id_position_key" UNIQUE ("topic_id", "position") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "topic_tool" ADD CONSTRAINT "topic_tool_topic_id_rank_key" UNIQUE ("topic_id", "rank") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "tool_plan" ADD CONSTRAINT "tool_plan_tool_id_position_key" UNIQUE ("tool_id", "position") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "fact" ADD CONSTRAINT "fact_tool_id_position_key" UNIQUE ("tool_id", "position") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "fact" ADD CONSTRAINT "fact_topic_id_position_key" UNIQUE ("topic_id", "position") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "module" ADD CONSTRAINT "module_topic_id_position_key" UNIQUE ("topic_id", "position") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "lesson" ADD CONSTRAINT "lesson_module_id_position_key" UNIQUE ("module_id", "position") DEFERRABLE INITIALLY DEFERRED;

-- An audit event is for ever.
CREATE FUNCTION "audit_event_refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit events are only ever added' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER "audit_event_no_change" BEFORE UPDATE OR DELETE ON "audit_event"
  FOR EACH ROW EXECUTE FUNCTION "audit_event_refuse_change"();
CREATE TRIGGER "audit_event_no_truncate" BEFORE TRUNCATE ON "audit_event"
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_event_refuse_change"();

-- Row counts of the catalogue, changed by the statement that changes the rows, in its transaction.
INSERT INTO "catalog_count" ("name", "count") VALUES ('TOPIC', 0), ('TOOL', 0), ('MODULE', 0), ('LESSON', 0), ('TOOL_GUIDE', 0), ('FACT', 0);

CREATE FUNCTION "catalog_count_inserted"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "catalog_count" SET "count" = "count" + (SELECT count(*) FROM "inserted") WHERE "name" = TG_ARGV[0];
  RETURN NULL;
END $$;
CREATE FUNCTION "catalog_count_deleted"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "catalog_count" SET "count" = "count" - (SELECT count(*) FROM "deleted") WHERE "name" = TG_ARGV[0];
  RETURN NULL;
END $$;
CREATE FUNCTION "catalog_count_truncated"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "catalog_count" SET "count" = 0 WHERE "name" = ANY (TG_ARGV);
  RETURN NULL;
END $$;
-- Lessons and tool guides share a table, and an update may turn one into the other.
CREATE FUNCTION "catalog_count_lessons"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    UPDATE "catalog_count" c SET "count" = c."count" - d."n"
      FROM (SELECT "kind"::text AS "kind", count(*) AS "n" FROM "deleted" GROUP BY 1) d WHERE c."name" = d."kind";
  END IF;
  IF TG_OP <> 'DELETE' THEN
    UPDATE "catalog_count" c SET "count" = c."count" + i."n"
      FROM (SELECT "kind"::text AS "kind", count(*) AS "n" FROM "inserted" GROUP BY 1) i WHERE c."name" = i."kind";
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER "topic_count_inserted" AFTER INSERT ON "topic" REFERENCING NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_inserted"('TOPIC');
CREATE TRIGGER "topic_count_deleted" AFTER DELETE ON "topic" REFERENCING OLD TABLE AS "deleted"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_deleted"('TOPIC');
CREATE TRIGGER "topic_count_truncated" AFTER TRUNCATE ON "topic"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_truncated"('TOPIC');
CREATE TRIGGER "tool_count_inserted" AFTER INSERT ON "tool" REFERENCING NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_inserted"('TOOL');
CREATE TRIGGER "tool_count_deleted" AFTER DELETE ON "tool" REFERENCING OLD TABLE AS "deleted"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_deleted"('TOOL');
CREATE TRIGGER "tool_count_truncated" AFTER TRUNCATE ON "tool"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_truncated"('TOOL');
CREATE TRIGGER "module_count_inserted" AFTER INSERT ON "module" REFERENCING NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_inserted"('MODULE');
CREATE TRIGGER "module_count_deleted" AFTER DELETE ON "module" REFERENCING OLD TABLE AS "deleted"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_deleted"('MODULE');
CREATE TRIGGER "module_count_truncated" AFTER TRUNCATE ON "module"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_truncated"('MODULE');
CREATE TRIGGER "fact_count_inserted" AFTER INSERT ON "fact" REFERENCING NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_inserted"('FACT');
CREATE TRIGGER "fact_count_deleted" AFTER DELETE ON "fact" REFERENCING OLD TABLE AS "deleted"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_deleted"('FACT');
CREATE TRIGGER "fact_count_truncated" AFTER TRUNCATE ON "fact"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_truncated"('FACT');
CREATE TRIGGER "lesson_count_inserted" AFTER INSERT ON "lesson" REFERENCING NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_lessons"();
CREATE TRIGGER "lesson_count_updated" AFTER UPDATE ON "lesson" REFERENCING OLD TABLE AS "deleted" NEW TABLE AS "inserted"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_lessons"();
CREATE TRIGGER "lesson_count_deleted" AFTER DELETE ON "lesson" REFERENCING OLD TABLE AS "deleted"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_lessons"();
CREATE TRIGGER "lesson_count_truncated" AFTER TRUNCATE ON "lesson"
  FOR EACH STATEMENT EXECUTE FUNCTION "catalog_count_truncated"('LESSON', 'TOOL_GUIDE');
