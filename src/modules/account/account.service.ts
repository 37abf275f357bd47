// Accounts: made, proven to own their address, changed, exported and deleted. Knows no GraphQL.
import { passwordProblem } from "../../auth/passwords";
import { breaksUniqueKey, raises } from "../../db/database-errors";
import { unauthenticated } from "../../errors/app-error";
import { expected } from "../../errors/expected-failure";
import type { Role } from "../../generated/prisma/enums";
import { queueMail } from "../../mail/outbox";
import { inTransaction, type RequestContext } from "../../request/context";
import { actorOf, recordChange } from "../audit/audit.service";
import * as mails from "./account.mails";
import { accountByEmail, accountById, emailKey, lockPassword, type AccountRow } from "./account.rows";
import type * as inputs from "./account.inputs";
import { issueToken, redeemToken, revokeTokens } from "./one-time-token.service";
import { endSessions, viewerOf } from "./session.service";

/**
 * Makes an account, or tells the owner of the one that there is already: nobody but the reader of the mail learns which.
 * @throws ExpectedFailure INVALID for a password that is too weak, AppError RATE_LIMITED
 */
export async function signUp(ctx: RequestContext, input: inputs.SignUpInput): Promise<{ email: string }> {
  const { attempts, passwords, publicUrl } = ctx.services;
  assertPassword(input.password, "password", [input.email, input.displayName]);
  const email = input.email.trim();
  await attempts.take("signUp", { account: emailKey(email), address: ctx.client.address });
  await quietly(ctx, async () => {
    const passwordHash = await passwords.hash(input.password, ctx.client.address);
    await withMail(ctx, async inner => {
      const { models } = inner.session;
      const { count } = await models.user.createMany({
        data: {
          ...{ email, emailKey: emailKey(email), displayName: input.displayName, passwordHash },
          ...(input.timeZone ? { timeZone: input.timeZone } : {}),
        },
        skipDuplicates: true,
      });
      const account = await accountByEmail(inner.session, email);
      if (!account) return;
      await queueMail(
        inner.session,
        count === 1
          ? mails.verifyEmailMail(email, publicUrl, await issueToken(inner, account.id, "VERIFY_EMAIL", email))
          : mails.accountExistsMail(account.email, publicUrl),
      );
    });
  });
  return { email };
}

/** @throws ExpectedFailure INVALID_TOKEN, CONFLICT when the new address belongs to another account by now; AppError RATE_LIMITED */
export async function verifyEmail(ctx: RequestContext, input: inputs.VerifyEmailInput): Promise<{ email: string }> {
  await ctx.services.attempts.take("verifyEmail", { address: ctx.client.address });
  try {
    return await withMail(ctx, async inner => {
      const { models } = inner.session;
      const { userId, purpose, email } = await redeemToken(inner, input.token, ["VERIFY_EMAIL", "CHANGE_EMAIL"]);
      const before = await accountById(inner.session, userId);
      // A mail to an address that was changed since proves nothing about the account.
      if (!before || (purpose === "VERIFY_EMAIL" && before.email !== email)) {
        throw expected("INVALID_TOKEN", "The link is not valid any more. Ask for a new one.", "token");
      }
      const data = { email, emailKey: emailKey(email), emailVerifiedAt: inner.startedAt };
      await models.user.update({ where: { id: userId }, data });
      if (emailKey(before.email) !== data.emailKey) {
        // Who reads the mail to the old address does not own the account any more.
        await revokeTokens(inner, userId, ["VERIFY_EMAIL", "RESET_PASSWORD"]);
        await queueMail(inner.session, mails.emailChangedMail(before.email));
      }
      return { email };
    });
  } catch (error) {
    if (!breaksUniqueKey(error, "app_user", ["email_key"])) throw error;
    throw expected("CONFLICT", "The address belongs to another account by now.", "token");
  }
}

/** @throws AppError RATE_LIMITED */
export async function requestPasswordReset(ctx: RequestContext, input: inputs.RequestPasswordResetInput) {
  await ctx.services.attempts.take("requestPasswordReset", {
    account: emailKey(input.email),
    address: ctx.client.address,
  });
  await quietly(ctx, () =>
    withMail(ctx, async inner => {
      const account = await accountByEmail(inner.session, input.email);
      if (!account) return;
      const token = await issueToken(inner, account.id, "RESET_PASSWORD", account.email);
      await queueMail(inner.session, mails.resetPasswordMail(account.email, ctx.services.publicUrl, token));
    }),
  );
  return {};
}

/** Ends all sessions. @throws ExpectedFailure INVALID for a weak password, INVALID_TOKEN; AppError RATE_LIMITED */
export async function resetPassword(ctx: RequestContext, input: inputs.ResetPasswordInput): Promise<object> {
  assertPassword(input.newPassword, "newPassword", []);
  await ctx.services.attempts.take("verifyEmail", { address: ctx.client.address });
  const passwordHash = await ctx.services.passwords.hash(input.newPassword, ctx.client.address);
  await withMail(ctx, async inner => {
    const { userId, email } = await redeemToken(inner, input.token, ["RESET_PASSWORD"]);
    const account = await accountById(inner.session, userId);
    if (!account) throw expected("INVALID_TOKEN", "The account is gone.", "token");
    assertPassword(input.newPassword, "newPassword", [account.email, account.displayName]);
    // Who reads the mail to an address owns it.
    const isVerified = account.email === email ? { emailVerifiedAt: inner.startedAt } : {};
    await inner.session.models.user.update({ where: { id: userId }, data: { passwordHash, ...isVerified } });
    // Whoever knew the old password may have asked for an address of their own.
    await revokeTokens(inner, userId, ["CHANGE_EMAIL"]);
    await endSessions(inner, { userId });
    await queueMail(inner.session, mails.passwordChangedMail(account.email));
  });
  return {};
}

/** Ends all other sessions. @throws ExpectedFailure INVALID, INVALID_CREDENTIALS; AppError RATE_LIMITED, UNAUTHENTICATED */
export async function changePassword(ctx: RequestContext, input: inputs.ChangePasswordInput): Promise<object> {
  const account = await assertOwner(ctx, input.currentPassword, "currentPassword");
  assertPassword(input.newPassword, "newPassword", [account.email, account.displayName]);
  const passwordHash = await ctx.services.passwords.hash(input.newPassword, ctx.client.address);
  await withMail(ctx, async inner => {
    await lockOwner(inner, account, "currentPassword");
    await inner.session.models.user.update({ where: { id: account.id }, data: { passwordHash } });
    await revokeTokens(inner, account.id, ["RESET_PASSWORD", "CHANGE_EMAIL"]);
    await endSessions(inner, { userId: account.id, id: { not: viewerOf(ctx).sessionId } });
    await queueMail(inner.session, mails.passwordChangedMail(account.email));
  });
  return {};
}

/**
 * The new address counts when its mail is answered; one that has an account gets a mail that says so. The viewer's own gets another link
 * to verify it. @throws like changePassword
 */
export async function changeEmail(ctx: RequestContext, input: inputs.ChangeEmailInput): Promise<object> {
  const account = await assertOwner(ctx, input.password, "password");
  const email = input.email.trim();
  await ctx.services.attempts.take("changeEmail", { account: emailKey(email), address: ctx.client.address });
  await quietly(ctx, () =>
    withMail(ctx, async inner => {
      await lockOwner(inner, account, "password");
      const other = await accountByEmail(inner.session, email);
      await queueMail(
        inner.session,
        other && other.id !== account.id
          ? mails.accountExistsMail(other.email, ctx.services.publicUrl)
          : mails.changeEmailMail(
              email,
              ctx.services.publicUrl,
              await issueToken(inner, account.id, "CHANGE_EMAIL", email),
            ),
      );
    }),
  );
  return {};
}

export async function updateProfile(ctx: RequestContext, input: inputs.UpdateProfileInput): Promise<{ id: string }> {
  const { userId } = viewerOf(ctx);
  const data = {
    // Also where nothing else is given: an update of nothing finds nobody.
    updatedAt: ctx.startedAt,
    ...(input.displayName ? { displayName: input.displayName } : {}),
    ...(input.timeZone ? { timeZone: input.timeZone } : {}),
    ...(input.preferences?.level ? { preferredLevel: input.preferences.level } : {}),
    ...(input.preferences?.colorScheme ? { colorScheme: input.preferences.colorScheme } : {}),
  };
  const { count } = await ctx.session.models.user.updateMany({ where: { id: userId }, data });
  if (count === 0) throw unauthenticated(accountGone);
  return { id: userId };
}

/** @throws ExpectedFailure INVALID_CREDENTIALS; AppError RATE_LIMITED */
export async function exportMyData(ctx: RequestContext, input: inputs.ExportMyDataInput): Promise<{ json: string }> {
  const { id } = await assertOwner(ctx, input.password, "password");
  const { models } = ctx.session;
  const profile = await models.user.findUnique({ where: { id }, omit: { passwordHash: true } });
  if (!profile) throw unauthenticated(accountGone);
  const sessions = await models.userSession.findMany({
    where: { userId: id },
    omit: { userId: true },
    orderBy: { createdAt: "asc" },
  });
  const progress = await models.lessonProgress.findMany({ where: { learnerId: id }, orderBy: { lessonId: "asc" } });
  const bookmarks = await models.bookmark.findMany({ where: { learnerId: id }, orderBy: { id: "asc" } });
  const select = { id: true, slug: true };
  const ids = (keys: readonly (number | null)[]) => ({ id: { in: keys.filter(key => key !== null) } });
  const lessonIds = ids([...progress, ...bookmarks].map(({ lessonId }) => lessonId));
  const lessons = addresses(await models.lesson.findMany({ where: lessonIds, select }));
  const topicIds = ids(bookmarks.map(({ topicId }) => topicId));
  const topics = addresses(await models.topic.findMany({ where: topicIds, select }));
  const toolIds = ids(bookmarks.map(({ toolId }) => toolId));
  const tools = addresses(await models.tool.findMany({ where: toolIds, select }));
  const data = {
    profile,
    sessions,
    progress: progress.map(({ lessonId, state, startedAt, completedAt, updatedAt }) => ({
      lesson: lessons(lessonId),
      ...{ state, startedAt, completedAt, updatedAt },
    })),
    bookmarks: bookmarks.map(({ lessonId, topicId, toolId, createdAt }) => ({
      lesson: lessons(lessonId),
      topic: topics(topicId),
      tool: tools(toolId),
      createdAt,
    })),
  };
  return { json: JSON.stringify(data, null, 2) };
}

/** The slug of an id; null for one that is not published now, undefined for none. */
function addresses(rows: readonly { id: number; slug: string }[]) {
  const byId = new Map(rows.map(({ id, slug }) => [id, slug]));
  return (id: number | null) => (id === null ? undefined : (byId.get(id) ?? null));
}

/** @throws ExpectedFailure INVALID_CREDENTIALS, LAST_ADMIN; AppError RATE_LIMITED */
export async function deleteMyAccount(ctx: RequestContext, input: inputs.DeleteMyAccountInput): Promise<object> {
  const account = await assertOwner(ctx, input.password, "password");
  await keepingAnAdmin(() =>
    withMail(ctx, async inner => {
      await lockOwner(inner, account, "password");
      await inner.session.models.user.delete({ where: { id: account.id } });
      await queueMail(inner.session, mails.accountDeletedMail(account.email));
    }),
  );
  ctx.identity.viewer = null;
  ctx.client.cookies?.clear("access", "refresh");
  return {};
}

/** @param userId null for an id that cannot be a user's. @throws ExpectedFailure NOT_FOUND, LAST_ADMIN */
export async function setUserRole(ctx: RequestContext, userId: string | null, role: Role): Promise<{ id: string }> {
  const { models } = ctx.session;
  const where = { id: userId ?? "" };
  const user = userId === null ? null : await models.user.findUnique({ where, select: { role: true } });
  if (!user) throw expected("NOT_FOUND", "There is no such user.", "userId");
  await keepingAnAdmin(() => models.user.updateMany({ where, data: { role } }));
  await recordChange(ctx.session, await actorOf(ctx), {
    ...{ action: "setUserRole", entity: "User", entityId: where.id },
    ...{ before: { role: user.role }, after: { role } },
  });
  return where;
}

async function keepingAnAdmin<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!raises(error, "LG001")) throw error;
    throw expected("LAST_ADMIN", "There has to be an admin. Make somebody else one first.");
  }
}

/** The viewer's account, for somebody who knows its password. */
async function assertOwner(ctx: RequestContext, password: string, field: string): Promise<AccountRow> {
  const { userId } = viewerOf(ctx);
  await ctx.services.attempts.take("changePassword", { account: userId, address: ctx.client.address });
  const account = await accountById(ctx.session, userId);
  const isRight = await ctx.services.passwords.verify(account?.passwordHash ?? null, password, ctx.client.address);
  if (!account) throw unauthenticated(accountGone);
  if (!isRight) throw wrongPassword(field);
  return account;
}

/**
 * In the transaction that acts for the owner: while a password is compared, it may be replaced, or the account deleted.
 * @throws ExpectedFailure INVALID_CREDENTIALS, AppError UNAUTHENTICATED
 */
async function lockOwner(inner: RequestContext, { id, passwordHash }: AccountRow, field: string): Promise<void> {
  const current = await lockPassword(inner.session, id);
  if (current === undefined) throw unauthenticated(accountGone);
  if (current !== passwordHash) throw wrongPassword(field);
}

const accountGone = "The account is deleted.";
const wrongPassword = (field: string) => expected("INVALID_CREDENTIALS", "The password is wrong.", field);

function assertPassword(password: string, field: string, about: readonly string[]): void {
  const problem = passwordProblem(password, about);
  if (problem !== null) throw expected("INVALID", problem, field);
}

/** A transaction that may queue mail; the sender hears of it when it is committed. */
async function withMail<T>(ctx: RequestContext, work: (inner: RequestContext) => Promise<T>): Promise<T> {
  const result = await inTransaction(ctx, work);
  ctx.memo.clear();
  ctx.services.mailQueued();
  return result;
}

/** So that the time of an answer does not tell whether there is an account. */
async function quietly(ctx: RequestContext, work: () => Promise<unknown>): Promise<void> {
  const floor = new Promise<void>(resolve => setTimeout(resolve, ctx.services.quietMs));
  await Promise.all([floor, work()]);
}
