-- Accounts: sessions, one-time tokens, mail, attempts; and learners, who are users or guests.

-- CreateEnum
CREATE TYPE "token_purpose" AS ENUM ('VERIFY_EMAIL', 'CHANGE_EMAIL', 'RESET_PASSWORD');

-- A learner is who has progress and bookmarks. The columns keep their rows.
ALTER TABLE "bookmark" DROP CONSTRAINT "bookmark_user_id_fkey";
ALTER TABLE "lesson_progress" DROP CONSTRAINT "lesson_progress_user_id_fkey";
ALTER TABLE "bookmark" RENAME COLUMN "user_id" TO "learner_id";
ALTER TABLE "lesson_progress" RENAME COLUMN "user_id" TO "learner_id";
ALTER INDEX "bookmark_user_id_created_at_id_idx" RENAME TO "bookmark_learner_id_created_at_id_idx";
ALTER INDEX "bookmark_user_id_lesson_id_key" RENAME TO "bookmark_learner_id_lesson_id_key";
ALTER INDEX "bookmark_user_id_topic_id_key" RENAME TO "bookmark_learner_id_topic_id_key";
ALTER INDEX "bookmark_user_id_tool_id_key" RENAME TO "bookmark_learner_id_tool_id_key";
ALTER INDEX "lesson_progress_user_id_state_updated_at_lesson_id_idx" RENAME TO "lesson_progress_learner_id_state_updated_at_lesson_id_idx";

-- CreateTable
CREATE TABLE "learner" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "merged_into" UUID,
    "merged_at" TIMESTAMPTZ(3),

    CONSTRAINT "learner_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_session" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "user_agent" TEXT,
    "address" TEXT NOT NULL,

    CONSTRAINT "user_session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refresh_token" (
    "hash" BYTEA NOT NULL,
    "session_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "refresh_token_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "one_time_token" (
    "hash" BYTEA NOT NULL,
    "user_id" UUID NOT NULL,
    "purpose" "token_purpose" NOT NULL,
    "email" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "one_time_token_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "mail_message" (
    "id" BIGSERIAL NOT NULL,
    "recipient" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3) DEFAULT CURRENT_TIMESTAMP,
    "sent_at" TIMESTAMPTZ(3),
    "last_error" TEXT,

    CONSTRAINT "mail_message_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotent_request" (
    "learner_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "response" TEXT,

    CONSTRAINT "idempotent_request_pkey" PRIMARY KEY ("learner_id","key")
);

-- CreateTable
CREATE TABLE "attempt_count" (
    "key" VARCHAR(255) NOT NULL,
    "points" INTEGER NOT NULL DEFAULT 0,
    "expire" BIGINT,

    CONSTRAINT "attempt_count_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "learner_created_at_idx" ON "learner"("created_at");

-- CreateIndex
CREATE INDEX "user_session_user_id_created_at_id_idx" ON "user_session"("user_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "user_session_expires_at_idx" ON "user_session"("expires_at");

-- CreateIndex
CREATE INDEX "refresh_token_session_id_idx" ON "refresh_token"("session_id");

-- CreateIndex
CREATE INDEX "one_time_token_user_id_purpose_idx" ON "one_time_token"("user_id", "purpose");

-- CreateIndex
CREATE INDEX "one_time_token_expires_at_idx" ON "one_time_token"("expires_at");

-- CreateIndex
CREATE INDEX "mail_message_next_attempt_at_id_idx" ON "mail_message"("next_attempt_at", "id");

-- CreateIndex
CREATE INDEX "idempotent_request_created_at_idx" ON "idempotent_request"("created_at");

-- CreateIndex
CREATE INDEX "attempt_count_expire_idx" ON "attempt_count"("expire");

-- CreateIndex
CREATE INDEX "lesson_progress_learner_id_completed_at_idx" ON "lesson_progress"("learner_id", "completed_at");

-- Users who were there before.
INSERT INTO "learner" ("id", "created_at") SELECT "id", "created_at" FROM "app_user";

-- AddForeignKey; deferred, since the learner is made right after the user
ALTER TABLE "app_user" ADD CONSTRAINT "app_user_id_fkey" FOREIGN KEY ("id") REFERENCES "learner"("id") ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;

-- AddForeignKey
ALTER TABLE "lesson_progress" ADD CONSTRAINT "lesson_progress_learner_id_fkey" FOREIGN KEY ("learner_id") REFERENCES "learner"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "bookmark" ADD CONSTRAINT "bookmark_learner_id_fkey" FOREIGN KEY ("learner_id") REFERENCES "learner"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_session" ADD CONSTRAINT "user_session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refresh_token" ADD CONSTRAINT "refresh_token_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "user_session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "one_time_token" ADD CONSTRAINT "one_time_token_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "idempotent_request" ADD CONSTRAINT "idempotent_request_learner_id_fkey" FOREIGN KEY ("learner_id") REFERENCES "learner"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema cannot say ------------------------------------------------------------------------------------------

ALTER TABLE "learner" ADD CONSTRAINT "learner_merged_check" CHECK (("merged_into" IS NULL) = ("merged_at" IS NULL));
ALTER TABLE "refresh_token" ADD CONSTRAINT "refresh_token_hash_check" CHECK (length("hash") = 32);
ALTER TABLE "one_time_token" ADD CONSTRAINT "one_time_token_hash_check" CHECK (length("hash") = 32);
ALTER TABLE "user_session" ADD CONSTRAINT "user_session_user_agent_check" CHECK (length("user_agent") <= 200);
ALTER TABLE "idempotent_request" ADD CONSTRAINT "idempotent_request_key_check" CHECK (length("key") BETWEEN 1 AND 255);
ALTER TABLE "mail_message" ADD CONSTRAINT "mail_message_sent_check" CHECK ("sent_at" IS NULL OR ("next_attempt_at" IS NULL AND "body" = ''));

-- Each user is a learner under the same id, whoever writes. After the insert: one that a unique key turned away must leave no learner.
CREATE FUNCTION "app_user_learner_made"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "learner" ("id") VALUES (NEW."id");
  RETURN NULL;
END $$;
CREATE FUNCTION "app_user_learner_removed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "learner" WHERE "id" = OLD."id";
  RETURN NULL;
END $$;
CREATE TRIGGER "app_user_learner_made" AFTER INSERT ON "app_user" FOR EACH ROW EXECUTE FUNCTION "app_user_learner_made"();
CREATE TRIGGER "app_user_learner_removed" AFTER DELETE ON "app_user" FOR EACH ROW EXECUTE FUNCTION "app_user_learner_removed"();

-- There is always an admin once there was one. Changes wait for each other, so that two admins cannot remove each other at once.
CREATE FUNCTION "app_user_keep_an_admin"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('app_user_keep_an_admin'));
  IF NOT EXISTS (SELECT 1 FROM "app_user" WHERE "role" = 'ADMIN') THEN
    RAISE EXCEPTION 'the last admin cannot be removed' USING ERRCODE = 'LG001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "app_user_keep_an_admin_updated" AFTER UPDATE OF "role" ON "app_user"
  FOR EACH ROW WHEN (OLD."role" = 'ADMIN' AND NEW."role" <> 'ADMIN') EXECUTE FUNCTION "app_user_keep_an_admin"();
CREATE TRIGGER "app_user_keep_an_admin_deleted" AFTER DELETE ON "app_user"
  FOR EACH ROW WHEN (OLD."role" = 'ADMIN') EXECUTE FUNCTION "app_user_keep_an_admin"();

CREATE VIEW "open_session" AS SELECT * FROM "user_session" WHERE "ended_at" IS NULL AND "expires_at" > now();

CREATE VIEW "started_lesson" AS SELECT * FROM "lesson_progress" WHERE "state" = 'STARTED';
CREATE VIEW "completed_lesson" AS SELECT * FROM "lesson_progress" WHERE "state" = 'COMPLETED';
