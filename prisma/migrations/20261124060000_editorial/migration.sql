-- Editorial work: revisions with approval, schedule and times of publication; addresses that lead on for ever; progress that outlives publication.

-- DropForeignKey
ALTER TABLE "bookmark" DROP CONSTRAINT "bookmark_lesson_id_fkey";

-- DropForeignKey
ALTER TABLE "bookmark" DROP CONSTRAINT "bookmark_tool_id_fkey";

-- DropForeignKey
ALTER TABLE "bookmark" DROP CONSTRAINT "bookmark_topic_id_fkey";

-- DropForeignKey
ALTER TABLE "lesson_progress" DROP CONSTRAINT "lesson_progress_lesson_id_fkey";

-- AlterTable
ALTER TABLE "revision" ADD COLUMN     "approved_at" TIMESTAMPTZ(3),
ADD COLUMN     "approver_id" UUID,
ADD COLUMN     "approver_name" TEXT,
ADD COLUMN     "failed_at" TIMESTAMPTZ(3),
ADD COLUMN     "failure" TEXT,
ADD COLUMN     "slug" TEXT NOT NULL,
ADD COLUMN     "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "withdrawn_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "slug_redirect" (
    "entity" "revision_entity" NOT NULL,
    "slug" TEXT NOT NULL,
    "entity_id" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "slug_redirect_pkey" PRIMARY KEY ("entity","slug")
);

-- CreateIndex
CREATE INDEX "slug_redirect_entity_entity_id_idx" ON "slug_redirect"("entity", "entity_id");

-- CreateIndex
CREATE INDEX "revision_state_created_at_id_idx" ON "revision"("state", "created_at", "id");

-- CreateIndex
CREATE INDEX "revision_created_at_id_idx" ON "revision"("created_at", "id");

-- CreateIndex
CREATE INDEX "revision_approver_id_idx" ON "revision"("approver_id");

-- CreateIndex
CREATE INDEX "revision_entity_slug_idx" ON "revision"("entity", "slug");

-- CreateIndex
CREATE INDEX "revision_author_name_idx" ON "revision"("author_name");

-- CreateIndex
CREATE INDEX "revision_slug_idx" ON "revision"("slug");

-- CreateIndex
CREATE INDEX "audit_event_actor_name_idx" ON "audit_event"("actor_name");

-- CreateIndex
CREATE INDEX "audit_event_action_idx" ON "audit_event"("action");

-- AddForeignKey
ALTER TABLE "revision" ADD CONSTRAINT "revision_approver_id_fkey" FOREIGN KEY ("approver_id") REFERENCES "app_user"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- What Prisma's schema cannot say ------------------------------------------------------------------------------------------

-- A draft that a later one replaced was never published.
ALTER TABLE "revision" DROP CONSTRAINT "revision_published_check";
ALTER TABLE "revision" ADD CONSTRAINT "revision_published_check" CHECK (
  ("state" <> 'PUBLISHED' OR ("published_at" IS NOT NULL AND "withdrawn_at" IS NULL))
  AND ("state" IN ('PUBLISHED', 'SUPERSEDED') OR "published_at" IS NULL)
  AND ("withdrawn_at" IS NULL OR "withdrawn_at" >= "published_at"));
ALTER TABLE "revision" ADD CONSTRAINT "revision_failure_check" CHECK (("failure" IS NULL) = ("failed_at" IS NULL));
ALTER TABLE "revision" ADD CONSTRAINT "revision_slug_check" CHECK ("slug" ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length("slug") <= 80);
ALTER TABLE "slug_redirect" ADD CONSTRAINT "slug_redirect_slug_check" CHECK ("slug" ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length("slug") <= 80);

-- What was live on a day.
CREATE INDEX "revision_published_idx" ON "revision" ("entity", "entity_id", "published_at") WHERE "published_at" IS NOT NULL;
