-- A mutation with a key says in its own transaction that it was done: so it is never done twice, whenever its server dies. Requests that
-- took a key over from one that never answered are told apart by their number.
ALTER TABLE "idempotent_request" ADD COLUMN "attempt" INTEGER NOT NULL DEFAULT 1,
  ADD COLUMN "is_committed" BOOLEAN NOT NULL DEFAULT false;
