// Guests: learners without an account, whose progress an account takes over, once.
import type { RequestContext } from "../../request/context";
import { emptySql, sql, trustedSql } from "../../db/sql";
import { TokenDelivery, type CreateGuestInput } from "./account.inputs";
import { assertDelivery } from "./token-delivery";

export interface CreatedGuest {
  guestToken: string | null;
  guestTokenExpiresAt: string;
}

/** Somebody who is a guest already stays that guest, with a token that lives on. @throws AppError RATE_LIMITED */
export async function createGuest(ctx: RequestContext, input: CreateGuestInput): Promise<CreatedGuest> {
  assertDelivery(ctx, input.delivery);
  await ctx.services.attempts.take("createGuest", { address: ctx.client.address });
  const id =
    (await renewGuest(ctx)) ?? (await ctx.session.models.learner.create({ data: {}, select: { id: true } })).id;
  const { token, expiresAt } = await ctx.services.tokens.signGuest(id);
  ctx.identity.guestId = id;
  ctx.memo.clear();
  const isCookie = input.delivery === TokenDelivery.COOKIE;
  if (isCookie) ctx.client.cookies?.set({ guest: { token, expiresAt } });
  return { guestToken: isCookie ? null : token, guestTokenExpiresAt: expiresAt.toISOString() };
}

/** @returns the guest who asks, whose progress is kept as long as a token of now lives; null when there is none (any more). */
async function renewGuest({ identity, session, startedAt }: RequestContext): Promise<string | null> {
  if (identity.guestId === null) return null;
  const { count } = await session.models.learner.updateMany({
    where: { id: identity.guestId, mergedAt: null },
    data: { renewedAt: startedAt },
  });
  return count === 0 ? null : identity.guestId;
}

/**
 * Gives a guest's progress and bookmarks to a user: of two states of the same lesson the later one
 * counts, begun when it was begun first, and bookmarks of either stay. Done once for each guest, whoever tries again or at the same time.
 */
export async function mergeGuest(ctx: RequestContext, guestId: string, userId: string): Promise<void> {
  const { models } = ctx.session;
  const { count } = await models.learner.updateMany({
    where: { id: guestId, mergedAt: null, user: { is: null } },
    data: { mergedInto: userId, mergedAt: ctx.startedAt },
  });
  if (count === 0) return;
  await lockLearned(ctx, guestId);
  await models.$executeRaw(sql`
    INSERT INTO "lesson_progress" AS p ("learner_id", "lesson_id", "state", "started_at", "completed_at", "updated_at")
    SELECT ${userId}::uuid, "lesson_id", "state", "started_at", "completed_at", "updated_at"
    FROM "lesson_progress" WHERE "learner_id" = ${guestId}::uuid ORDER BY "lesson_id"
    ON CONFLICT ("learner_id", "lesson_id") DO UPDATE SET
      "state" = CASE WHEN EXCLUDED."updated_at" > p."updated_at" THEN EXCLUDED."state" ELSE p."state" END,
      "completed_at" = CASE WHEN EXCLUDED."updated_at" > p."updated_at" THEN EXCLUDED."completed_at" ELSE p."completed_at" END,
      "started_at" = least(p."started_at", EXCLUDED."started_at"),
      "updated_at" = greatest(p."updated_at", EXCLUDED."updated_at")`);
  await models.$executeRaw(sql`
    INSERT INTO "bookmark" ("learner_id", "lesson_id", "topic_id", "tool_id", "created_at")
    SELECT ${userId}::uuid, "lesson_id", "topic_id", "tool_id", "created_at"
    FROM "bookmark" WHERE "learner_id" = ${guestId}::uuid ORDER BY "id"
    ON CONFLICT DO NOTHING`);
  await models.lessonProgress.deleteMany({ where: { learnerId: guestId } });
  await models.bookmark.deleteMany({ where: { learnerId: guestId } });
}

/** Keeps what the guest has progress with or bookmarks of from being deleted before the account has it. */
async function lockLearned({ session }: RequestContext, guestId: string): Promise<void> {
  for (const table of ["lesson", "topic", "tool"]) {
    const id = trustedSql(`"${table}_id"`);
    const progress = sql`SELECT ${id} FROM "lesson_progress" WHERE "learner_id" = ${guestId}::uuid UNION ALL`;
    await session.query(sql`
      SELECT "id" FROM ${trustedSql(`"${table}"`)} WHERE "id" IN (
        ${table === "lesson" ? progress : emptySql} SELECT ${id} FROM "bookmark" WHERE "learner_id" = ${guestId}::uuid
      ) ORDER BY "id" FOR KEY SHARE`);
  }
}
