// Sessions: begun by signing in, kept by refreshing, ended at once for all of their tokens.
import { hashSecret, newSecret } from "../../auth/secrets";
import { expected, type ExpectedFailure } from "../../errors/expected-failure";
import { inTransaction, type RequestContext, type TimedToken, type Viewer } from "../../request/context";
import { accountByEmail, accountById, emailKey, lockPassword, type AccountRow } from "./account.rows";
import { TokenDelivery, type RefreshSessionInput, type SignInInput } from "./account.inputs";
import { mergeGuest } from "./guest.service";
import { assertDelivery } from "./token-delivery";

/** How long a session lives without being refreshed. */
const sessionDays = 30;
/** More than anybody has devices; the oldest end when there are more. */
const maxSessions = 50;

export interface Tokens {
  access: TimedToken;
  refresh: TimedToken;
}

export interface SignedIn {
  viewer: Viewer;
  tokens: {
    accessToken: string;
    accessTokenExpiresAt: string;
    refreshToken: string;
    refreshTokenExpiresAt: string;
  } | null;
}

/**
 * Signs in with email and password, and takes a guest's progress over. Whether the account or the password was wrong cannot be told,
 * neither by the answer nor by its time. @throws ExpectedFailure INVALID_CREDENTIALS, AppError RATE_LIMITED
 */
export async function signIn(ctx: RequestContext, input: SignInInput): Promise<SignedIn> {
  assertDelivery(ctx, input.delivery);
  const { attempts, passwords } = ctx.services;
  const keys = { account: emailKey(input.email), address: ctx.client.address };
  await attempts.take("signIn", keys);
  const account = await accountByEmail(ctx.session, input.email);
  const isRight = await passwords.verify(account?.passwordHash ?? null, input.password, keys.address);
  if (!account || !isRight) throw wrongCredentials(ctx);
  await attempts.reset("signIn", keys);
  const rehashed = passwords.needsRehash(account.passwordHash ?? "")
    ? await passwords.hash(input.password, keys.address)
    : null;
  const guestId = ctx.identity.guestId;
  const opened = await inTransaction(ctx, async inner => {
    // Replaced while it was compared: who knows the old password only gets no session that outlives it.
    if ((await lockPassword(inner.session, account.id)) !== account.passwordHash) throw wrongCredentials(ctx);
    if (rehashed !== null) {
      await inner.session.models.user.update({ where: { id: account.id }, data: { passwordHash: rehashed } });
    }
    if (guestId !== null) await mergeGuest(inner, guestId, account.id);
    return openSession(inner, account);
  });
  ctx.record?.signIn("ok");
  ctx.identity.guestId = null;
  if (guestId !== null) ctx.client.cookies?.clear("guest");
  return hand(ctx, account, opened, input.delivery);
}

/**
 * The next tokens for a refresh token, which is used up by it. One that was used before was stolen, or its thief came first: the
 * session ends (RFC 9700, 4.14.2). @throws ExpectedFailure INVALID_TOKEN, AppError RATE_LIMITED
 */
export async function refreshSession(ctx: RequestContext, input: RefreshSessionInput): Promise<SignedIn> {
  await ctx.services.attempts.take("refreshSession", { address: ctx.client.address });
  const fromCookie = input.refreshToken === null || input.refreshToken === undefined;
  const secret = fromCookie ? (ctx.client.cookies?.refreshToken ?? null) : (input.refreshToken ?? null);
  const hash = secret === null ? null : hashSecret(secret);
  // Committed in any case: the end of a stolen session must outlast the refusal.
  const found = hash && (await inTransaction(ctx, inner => rotate(inner, Buffer.from(hash))));
  if (!found) {
    if (fromCookie) ctx.client.cookies?.clear("access", "refresh");
    throw expected("INVALID_TOKEN", "The session has ended. Sign in again.", "refreshToken");
  }
  return hand(ctx, found.account, found.opened, fromCookie ? TokenDelivery.COOKIE : TokenDelivery.RESPONSE);
}

/** Ends the session of the viewer. */
export async function signOut(ctx: RequestContext): Promise<object> {
  const { sessionId } = viewerOf(ctx);
  await inTransaction(ctx, inner => endSessions(inner, { id: sessionId }));
  forget(ctx);
  return {};
}

export async function signOutEverywhere(ctx: RequestContext): Promise<object> {
  const { userId } = viewerOf(ctx);
  await inTransaction(ctx, inner => endSessions(inner, { userId }));
  forget(ctx);
  return {};
}

/** Ends open sessions; their access tokens count no more from the next request on. */
export async function endSessions(
  ctx: RequestContext,
  which: { id: string } | { userId: string; id?: { not: string } },
): Promise<void> {
  await ctx.session.models.userSession.updateMany({
    where: { ...which, endedAt: null },
    data: { endedAt: ctx.startedAt },
  });
}

/** The viewer of a field that nobody else reaches. */
export function viewerOf(ctx: RequestContext): Viewer {
  if (!ctx.viewer) throw new Error("a field for viewers was reached by a guest");
  return ctx.viewer;
}

function wrongCredentials(ctx: RequestContext): ExpectedFailure {
  ctx.record?.signIn("refused");
  return expected("INVALID_CREDENTIALS", "Email and password do not belong together.");
}

interface OpenedSession {
  sessionId: string;
  refresh: TimedToken;
}

async function openSession(ctx: RequestContext, { id: userId }: AccountRow): Promise<OpenedSession> {
  const { models } = ctx.session;
  const expiresAt = sessionEnd(ctx);
  const { id: sessionId } = await models.userSession.create({
    data: { userId, expiresAt, userAgent: ctx.client.userAgent, address: ctx.client.address },
    select: { id: true },
  });
  const surplus = await models.userSession.findMany({
    where: { userId, endedAt: null },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    skip: maxSessions,
    select: { id: true },
  });
  if (surplus.length > 0) {
    await models.userSession.updateMany({
      where: { id: { in: surplus.map(({ id }) => id) } },
      data: { endedAt: ctx.startedAt },
    });
  }
  return { sessionId, refresh: await issueRefreshToken(ctx, sessionId, expiresAt) };
}

async function rotate(ctx: RequestContext, hash: Uint8Array<ArrayBuffer>) {
  const { models } = ctx.session;
  const { count } = await models.refreshToken.updateMany({
    where: { hash, usedAt: null },
    data: { usedAt: ctx.startedAt },
  });
  const token = await models.refreshToken.findUnique({ where: { hash }, include: { session: true } });
  if (!token) return null;
  const { session } = token;
  if (count === 0) {
    await endSessions(ctx, { id: session.id });
    return null;
  }
  const account = await accountById(ctx.session, session.userId);
  if (!account || session.endedAt !== null || session.expiresAt <= ctx.startedAt) return null;
  const expiresAt = sessionEnd(ctx);
  await models.userSession.update({ where: { id: session.id }, data: { lastUsedAt: ctx.startedAt, expiresAt } });
  return { account, opened: { sessionId: session.id, refresh: await issueRefreshToken(ctx, session.id, expiresAt) } };
}

async function issueRefreshToken(ctx: RequestContext, sessionId: string, expiresAt: Date): Promise<TimedToken> {
  const { secret, hash } = newSecret();
  await ctx.session.models.refreshToken.create({ data: { hash: Buffer.from(hash), sessionId } });
  return { token: secret, expiresAt };
}

/** Makes the account the one who asks, and hands the tokens over. */
async function hand(
  ctx: RequestContext,
  account: AccountRow,
  { sessionId, refresh }: OpenedSession,
  delivery: TokenDelivery,
): Promise<SignedIn> {
  const access = await ctx.services.tokens.signAccess({ userId: account.id, sessionId });
  const viewer = { userId: account.id, sessionId, role: account.role };
  ctx.identity.viewer = viewer;
  ctx.memo.clear();
  if (delivery === TokenDelivery.COOKIE) {
    ctx.client.cookies?.set({ access, refresh });
    return { viewer, tokens: null };
  }
  return {
    viewer,
    tokens: {
      accessToken: access.token,
      accessTokenExpiresAt: access.expiresAt.toISOString(),
      refreshToken: refresh.token,
      refreshTokenExpiresAt: refresh.expiresAt.toISOString(),
    },
  };
}

function forget(ctx: RequestContext): void {
  ctx.identity.viewer = null;
  ctx.memo.clear();
  ctx.client.cookies?.clear("access", "refresh");
}

function sessionEnd(ctx: RequestContext): Date {
  return new Date(ctx.startedAt.getTime() + sessionDays * 24 * 60 * 60_000);
}
