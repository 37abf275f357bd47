// Tokens in mails: good for one use, by whoever reads the mail.
import { hashSecret, newSecret } from "../../auth/secrets";
import { sql } from "../../db/sql";
import { expected } from "../../errors/expected-failure";
import type { TokenPurpose } from "../../generated/prisma/enums";
import type { RequestContext } from "../../request/context";

const lifetimeMinutes: Readonly<Record<TokenPurpose, number>> = {
  VERIFY_EMAIL: 2 * 24 * 60,
  CHANGE_EMAIL: 2 * 24 * 60,
  RESET_PASSWORD: 60,
};

/** Makes the token of a mail to `email`; earlier ones for the same purpose count no more. */
export async function issueToken(ctx: RequestContext, userId: string, purpose: TokenPurpose, email: string) {
  const { secret, hash } = newSecret();
  const expiresAt = new Date(ctx.startedAt.getTime() + lifetimeMinutes[purpose] * 60_000);
  // One after the other: of two at once, each would leave the other's link alone.
  await ctx.session.query(sql`SELECT 1 FROM "app_user" WHERE "id" = ${userId}::uuid FOR NO KEY UPDATE`);
  await ctx.session.models.oneTimeToken.deleteMany({ where: { userId, purpose } });
  await ctx.session.models.oneTimeToken.create({
    data: { hash: Buffer.from(hash), userId, purpose, email, expiresAt },
  });
  return secret;
}

/** Makes links worthless that were mailed before something changed. */
export async function revokeTokens(ctx: RequestContext, userId: string, purposes: TokenPurpose[]): Promise<void> {
  await ctx.session.models.oneTimeToken.deleteMany({ where: { userId, purpose: { in: purposes } } });
}

/**
 * Uses a token up. Of two requests with the same token at the same time, one gets it.
 * @throws ExpectedFailure INVALID_TOKEN
 */
export async function redeemToken(ctx: RequestContext, secret: string, purposes: readonly TokenPurpose[]) {
  const hash = hashSecret(secret);
  const { models } = ctx.session;
  const token = hash && (await models.oneTimeToken.findUnique({ where: { hash: Buffer.from(hash) } }));
  if (token && purposes.includes(token.purpose) && token.expiresAt > ctx.startedAt) {
    const { count } = await models.oneTimeToken.deleteMany({ where: { hash: token.hash } });
    if (count === 1) return { userId: token.userId, purpose: token.purpose, email: token.email };
  }
  throw expected("INVALID_TOKEN", "The link is not valid any more. Ask for a new one.", "token");
}
