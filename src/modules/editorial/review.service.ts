// What happens to a revision between saving and publishing: review, schedule, giving up. Knows no GraphQL.
import type { DatabaseSession } from "../../db/database";
import { sql } from "../../db/sql";
import { expected } from "../../errors/expected-failure";
import { recordChange, type Actor } from "../audit/audit.service";
import { lockRevision, typeOf } from "./draft.service";
import { openStates } from "./publication.service";
import { readRevision, type StoredRevision } from "./revision.rows";

/** Hands a draft in. @throws ExpectedFailure NOT_FOUND, NOT_ALLOWED */
export async function submitRevision(
  session: DatabaseSession,
  id: number | null,
  actor: Actor,
): Promise<StoredRevision> {
  const revision = await lockRevision(session, id, ["DRAFT"]);
  return change(session, revision, actor, "submitRevision", { state: "IN_REVIEW" });
}

/**
 * Says that a revision may be published.
 * @throws ExpectedFailure NOT_FOUND, NOT_ALLOWED also for one's own revision, where it takes four eyes
 */
export async function approveRevision(
  session: DatabaseSession,
  id: number | null,
  actor: Actor,
  fourEyes: boolean,
): Promise<StoredRevision> {
  const revision = await lockRevision(session, id, ["IN_REVIEW"]);
  if (fourEyes && revision.authorId === actor.id) {
    throw expected("NOT_ALLOWED", "Somebody else than the author has to approve a revision.", "revisionId");
  }
  const approval = { approverId: actor.id, approverName: actor.name, approvedAt: new Date() };
  return change(session, revision, actor, "approveRevision", approval);
}

/**
 * Has a revision published by itself when its time comes; one that was scheduled before gets another time.
 * @throws ExpectedFailure NOT_FOUND, INVALID for a time that is past, NOT_ALLOWED also when somebody else has to approve it first
 */
export async function scheduleRevision(
  session: DatabaseSession,
  id: number | null,
  publishAt: Date,
  actor: Actor,
  fourEyes: boolean,
): Promise<StoredRevision> {
  const revision = await lockRevision(session, id, openStates);
  if (!(await isInFuture(session, publishAt)))
    throw expected("INVALID", "publishAt must be in the future.", "publishAt");
  if (fourEyes && revision.approvedAt === null) {
    throw expected("NOT_ALLOWED", "Somebody else has to approve the revision first.", "revisionId");
  }
  const schedule = { state: "SCHEDULED", scheduledFor: publishAt, failure: null, failedAt: null } as const;
  return change(session, revision, actor, "scheduleRevision", schedule);
}

/** By the database's clock, by which it will be published. */
async function isInFuture(session: DatabaseSession, time: Date): Promise<boolean> {
  const [row] = await session.query<{ isInFuture: boolean }>(
    sql`SELECT ${time.toISOString()}::timestamptz > now() AS "isInFuture"`,
  );
  return row?.isInFuture ?? false;
}

/** Gives a revision up. @throws ExpectedFailure NOT_FOUND, NOT_ALLOWED */
export async function discardRevision(
  session: DatabaseSession,
  id: number | null,
  actor: Actor,
): Promise<StoredRevision> {
  const revision = await lockRevision(session, id, openStates);
  return change(session, revision, actor, "discardRevision", { state: "DISCARDED" });
}

type Update = Parameters<DatabaseSession["models"]["revision"]["update"]>[0]["data"];

async function change(
  session: DatabaseSession,
  { id, kind, entityId, number, state }: StoredRevision,
  actor: Actor,
  action: string,
  data: Update,
): Promise<StoredRevision> {
  await session.models.revision.update({ where: { id }, data, select: { id: true } });
  const changed = await readRevision(session.models, id);
  if (!changed) throw new Error("a revision is gone");
  await recordChange(session, actor, {
    ...{ action, entity: typeOf(kind), entityId },
    ...{ before: { number, state }, after: { number, state: changed.state } },
  });
  return changed;
}
