// What a learner does: begin, complete and forget lessons, set bookmarks. Each write is one statement that may be sent again or twice at
// once, and writes for nobody but a learner who is there.
import { forbidden, unauthenticated } from "../../errors/app-error";
import { expected } from "../../errors/expected-failure";
import { sql, trustedSql, type Sql } from "../../db/sql";
import { learnerId, type RequestContext } from "../../request/context";
import { canReadLesson } from "../lesson/lesson.service";
import type { LessonRow } from "../lesson/lesson.rows";
import { bookmarkKinds, type BookmarkKind } from "./learning.rows";

/** So many bookmarks one learner can have. */
export const maxBookmarks = 1_000;

/** Keeps a lesson that is begun or completed as it is. @throws ExpectedFailure NOT_FOUND; AppError UNAUTHENTICATED, FORBIDDEN */
export async function startLesson(ctx: RequestContext, lessonId: number | null): Promise<number> {
  const id = await openLesson(ctx, lessonId);
  await write(
    ctx,
    learner => sql`
    INSERT INTO "lesson_progress" ("learner_id", "lesson_id", "state", "started_at", "updated_at")
    SELECT l."id", ${id}, 'STARTED', ${now(ctx)}, ${now(ctx)} FROM ${learner} l
    ON CONFLICT ("learner_id", "lesson_id") DO NOTHING`,
  );
  return id;
}

/**
 * A lesson that is completed stays so since the first time. It is never completed before it was begun, whichever request came in first.
 * @throws like startLesson
 */
export async function completeLesson(ctx: RequestContext, lessonId: number | null): Promise<number> {
  const id = await openLesson(ctx, lessonId);
  await write(
    ctx,
    learner => sql`
    INSERT INTO "lesson_progress" AS p ("learner_id", "lesson_id", "state", "started_at", "completed_at", "updated_at")
    SELECT l."id", ${id}, 'COMPLETED', ${now(ctx)}, ${now(ctx)}, ${now(ctx)} FROM ${learner} l
    ON CONFLICT ("learner_id", "lesson_id") DO UPDATE
      SET "state" = 'COMPLETED', "completed_at" = greatest(p."started_at", EXCLUDED."completed_at"),
        "updated_at" = greatest(p."updated_at", EXCLUDED."updated_at")
      WHERE p."state" <> 'COMPLETED'`,
  );
  return id;
}

/** @throws like startLesson */
export async function resetLesson(ctx: RequestContext, lessonId: number | null): Promise<number> {
  const id = await openLesson(ctx, lessonId);
  await write(
    ctx,
    learner => sql`
    DELETE FROM "lesson_progress" p USING ${learner} l WHERE p."learner_id" = l."id" AND p."lesson_id" = ${id}`,
  );
  return id;
}

export interface BookmarkTargetKey {
  kind: BookmarkKind;
  id: number;
}

/** @param target null for an id that nothing can have. @throws ExpectedFailure NOT_FOUND, TOO_MANY; AppError UNAUTHENTICATED */
export async function setBookmark(
  ctx: RequestContext,
  target: BookmarkTargetKey | null,
  isWanted: boolean,
): Promise<BookmarkTargetKey> {
  const learner = requireLearner(ctx);
  if (!target) throw expected("NOT_FOUND", "There is no such lesson, topic or tool.", "targetId");
  const table = trustedSql(`"${target.kind.toLowerCase()}"`);
  const column = trustedSql(`"${bookmarkKinds[target.kind]}"`);
  const [found] = await ctx.session.query<{ id: number }>(
    sql`SELECT "id" FROM ${table} WHERE "id" = ${target.id} FOR KEY SHARE`,
  );
  if (!found) throw expected("NOT_FOUND", "There is no such lesson, topic or tool.", "targetId");
  if (!isWanted) {
    await write(
      ctx,
      l => sql`DELETE FROM "bookmark" b USING ${l} l WHERE b."learner_id" = l."id" AND b.${column} = ${target.id}`,
    );
    return target;
  }
  const added = await write(
    ctx,
    l => sql`
    INSERT INTO "bookmark" ("learner_id", ${column}, "created_at") SELECT l."id", ${target.id}, ${now(ctx)} FROM ${l} l
    ON CONFLICT ("learner_id", ${column}) DO NOTHING`,
  );
  if (added === 0) return target;
  const [count] = await ctx.session.query<{ count: number }>(
    sql`SELECT count(*)::integer AS "count" FROM "bookmark" WHERE "learner_id" = ${learner}::uuid`,
  );
  // In the transaction, so that the one too many is gone again.
  if ((count?.count ?? 0) > maxBookmarks) {
    throw expected("TOO_MANY", `There are ${maxBookmarks} bookmarks already. Remove one first.`);
  }
  return target;
}

/** A lesson that the one who asks may read. Locked, so that nobody deletes it before the progress is written. */
async function openLesson(ctx: RequestContext, lessonId: number | null): Promise<number> {
  requireLearner(ctx);
  const [lesson] = await ctx.session.query<Pick<LessonRow, "id" | "access">>(
    sql`SELECT "id", "access"::text AS "access" FROM "lesson" WHERE "id" = ${lessonId}::integer FOR KEY SHARE`,
  );
  if (!lesson) throw expected("NOT_FOUND", "There is no such lesson.", "lessonId");
  if (!canReadLesson(ctx, lesson)) throw forbidden("This lesson opens with a free account.");
  return lesson.id;
}

function requireLearner(ctx: RequestContext): string {
  const learner = learnerId(ctx);
  if (learner === null) throw unauthenticated("Sign in, or begin as a guest with createGuest.");
  return learner;
}

/**
 * `statement` writes for the learner that it is given: a row that is locked, so that writes of one learner wait for each other and for
 * the merging of a guest, and none when a guest was merged meanwhile.
 * @returns how many rows it wrote.
 */
async function write(ctx: RequestContext, statement: (learner: Sql) => Sql): Promise<number> {
  const learner = requireLearner(ctx);
  const [row] = await ctx.session.query<{ id: string }>(sql`
    SELECT "id"::text AS "id" FROM "learner" WHERE "id" = ${learner}::uuid AND "merged_at" IS NULL FOR NO KEY UPDATE`);
  if (!row) throw unauthenticated(ctx.viewer ? accountGone : guestGone);
  return ctx.session.models.$executeRaw(statement(sql`(SELECT ${learner}::uuid AS "id")`));
}

const accountGone = "The account is deleted.";
const guestGone = "The guest's progress was taken over by an account; send no guest token any more.";
const now = (ctx: RequestContext): Sql => sql`${ctx.startedAt.toISOString()}::timestamptz`;
