// Whoever changes what is live holds this lock: what must be true of several entities at once (a position is taken once, a lesson is in one
// module, no circle of prerequisites) can then be checked before it is written.
import { setTimeout as delay } from "node:timers/promises";
import type { DatabaseSession } from "../db/database";
import { sql } from "../db/sql";
import { unavailable } from "../errors/app-error";

/** Any number no other software is likely to lock; the migrations have the one before. */
const advisoryLock = 7_204_559_182n;

/**
 * Until the end of the transaction. Asks again and again: waiting inside one statement would break off at the statement time-out.
 * @param waitMs how long to wait for another holder, in milliseconds
 * @throws AppError SERVICE_UNAVAILABLE when it took longer.
 */
export async function lockContent(session: DatabaseSession, waitMs = 4_000): Promise<void> {
  const deadline = Date.now() + waitMs;
  for (let pause = 2; ; pause = Math.min(pause * 2, 100)) {
    const [row] = await session.query<{ locked: boolean }>(
      sql`SELECT pg_try_advisory_xact_lock(CAST(${advisoryLock} AS bigint)) AS "locked"`,
    );
    if (row?.locked) return;
    if (Date.now() > deadline) throw unavailable(new Error("another change of content holds its lock"));
    await delay(pause * (0.5 + Math.random()));
  }
}
