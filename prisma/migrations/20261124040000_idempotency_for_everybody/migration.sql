-- Keys are kept as hashes that hold their owner too, so that somebody who is not known can have one, and that requests which hold a
-- password cannot be guessed from what is stored. Answers are kept for a day: those so far have keys of another form.
DELETE FROM "idempotent_request";
ALTER TABLE "idempotent_request" DROP CONSTRAINT "idempotent_request_pkey",
  ADD CONSTRAINT "idempotent_request_pkey" PRIMARY KEY ("key"),
  ALTER COLUMN "learner_id" DROP NOT NULL;
CREATE INDEX "idempotent_request_learner_id_idx" ON "idempotent_request"("learner_id");
