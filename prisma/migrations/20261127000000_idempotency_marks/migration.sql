-- A mutation with a key says in its own transaction that it was done: so it is never done twice, whenever its server dies. Requests that
-- took a key over from one that never answered are told apart by their number. The default of "free_at" is for servers of before.
ALTER TABLE "idempotent_request" ADD COLUMN "attempt" INTEGER NOT NULL DEFAULT 1,
  ADD COLUMN "is_committed" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "free_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP + INTERVAL '1 minute';
