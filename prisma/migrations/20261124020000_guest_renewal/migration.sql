-- A guest who comes back gets a token that lives on, so their progress has to stay as long as that one.
ALTER TABLE "learner" ADD COLUMN "renewed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
UPDATE "learner" SET "renewed_at" = "created_at";
DROP INDEX "learner_created_at_idx";
CREATE INDEX "learner_renewed_at_idx" ON "learner"("renewed_at");
