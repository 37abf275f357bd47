// Publishes what is scheduled, when its time has come: each revision once, however many servers try. Knows no GraphQL.
import { lockContent } from "../../content/content.lock";
import type { Database, DatabaseSession } from "../../db/database";
import { sql } from "../../db/sql";
import { AppError } from "../../errors/app-error";
import { ExpectedFailure } from "../../errors/expected-failure";
import { recordChange, type Actor } from "../audit/audit.service";
import { typeOf } from "./draft.service";
import { publishRevision } from "./publication.service";
import { lockRevisions, readRevision, type StoredRevision } from "./revision.rows";

export type Outcome = { revision: number; slug: string; failure: string | null };

const schedule: Actor = { id: null, name: "schedule", requestId: null, address: null };
const maxFailure = 1_000;
/** By the database's clock, which is the same for all servers. */
const isDue = sql`"state" = 'SCHEDULED' AND "failed_at" IS NULL AND "scheduled_for" <= now()`;

/** Milliseconds until the next revision is due, as the database's clock has it; 0 for one that is; null when none is scheduled. */
export async function timeUntilDue(database: Database): Promise<number | null> {
  const [row] = await database.query<{ ms: number | null }>(sql`
    SELECT greatest(0, least(86400000, extract(epoch FROM min("scheduled_for") - now()) * 1000))::integer AS "ms"
    FROM "revision" WHERE "state" = 'SCHEDULED' AND "failed_at" IS NULL`);
  return row?.ms ?? null;
}

/**
 * Publishes the revision that has been due for longest. One that cannot be published is not tried again until it is scheduled again; what
 * forbids it is noted on it.
 * @returns what became of it; null when none is due. @throws AppError SERVICE_UNAVAILABLE: it stays due.
 */
export async function publishDue(database: Database, fourEyes: boolean): Promise<Outcome | null> {
  const [due] = await database.query<{ id: number; slug: string }>(sql`
    SELECT "id" AS "id", "slug" AS "slug" FROM "revision"
    WHERE ${isDue} ORDER BY "scheduled_for", "id" LIMIT 1`);
  if (!due) return null;
  try {
    const isDone = await database.transaction(session => publishOnce(session, due.id, fourEyes));
    return isDone ? { revision: due.id, slug: due.slug, failure: null } : await publishDue(database, fourEyes);
  } catch (error) {
    if (error instanceof AppError && error.code === "SERVICE_UNAVAILABLE") throw error;
    const failure =
      error instanceof ExpectedFailure ? error.message.slice(0, maxFailure) : "It met a fault; see the log.";
    await database.transaction(session => recordFailure(session, due.id, failure));
    if (!(error instanceof ExpectedFailure)) throw error;
    return { revision: due.id, slug: due.slug, failure };
  }
}

/** @returns whether it did: another server may have been first, or an editor has given it another time. */
async function publishOnce(session: DatabaseSession, id: number, fourEyes: boolean): Promise<boolean> {
  await lockContent(session);
  if (!(await lockDue(session, id))) return false;
  await publishRevision(session, id, schedule, { action: "publishScheduledRevision", fourEyes });
  return true;
}

/** The revision, which nobody else changes until the end of the transaction; null when it is not due, or not any more. */
async function lockDue(session: DatabaseSession, id: number): Promise<StoredRevision | null> {
  const revision = await readRevision(session.models, id);
  if (!revision) return null;
  await lockRevisions(session, revision.kind, revision.entityId);
  const [due] = await session.query<{ id: number }>(
    sql`SELECT "id" AS "id" FROM "revision" WHERE "id" = ${id} AND ${isDue}`,
  );
  return due ? revision : null;
}

async function recordFailure(session: DatabaseSession, id: number, failure: string): Promise<void> {
  const revision = await lockDue(session, id);
  if (!revision) return;
  await session.models.revision.update({
    where: { id },
    data: { failure, failedAt: new Date() },
    select: { id: true },
  });
  await recordChange(session, schedule, {
    ...{ action: "failScheduledRevision", entity: typeOf(revision.kind), entityId: revision.entityId },
    before: revision.source.content,
    after: revision.source.content,
  });
}
