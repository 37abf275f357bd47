// Removes what has no use any more: once an hour, in small statements that may run in several servers at once.
import type { Logger } from "pino";
import type { Database } from "../db/database";
import { sql } from "../db/sql";

const hourMs = 3_600_000;

/** What is removed, and when. Guests go when their last token has expired. A session that ended is kept for a month, so that a refresh token used twice is still recognised. */
const statements = {
  sessions: sql`DELETE FROM "user_session" WHERE coalesce("ended_at", "expires_at") < now() - INTERVAL '30 days'`,
  tokens: sql`DELETE FROM "one_time_token" WHERE "expires_at" < now()`,
  requests: sql`DELETE FROM "idempotent_request" WHERE "created_at" < now() - INTERVAL '1 day'`,
  attempts: sql`DELETE FROM "attempt_count" WHERE "expire" < extract(epoch FROM now()) * 1000`,
  guests: sql`
    DELETE FROM "learner" l WHERE l."renewed_at" < now() - INTERVAL '401 days' AND NOT EXISTS (SELECT 1 FROM "app_user" u WHERE u."id" = l."id")`,
};

/** @returns a function that ends it. */
export function startHousekeeping(database: Database, log: Logger): () => void {
  const timer = setInterval(() => void keepHouse(database, log), hourMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Never throws: what could not be removed is removed an hour later. */
export async function keepHouse(database: Database, log: Logger): Promise<void> {
  for (const [what, statement] of Object.entries(statements)) {
    try {
      await database.query(statement);
    } catch (error) {
      log.warn({ err: error, what }, "could not remove what is out of date");
    }
  }
}
