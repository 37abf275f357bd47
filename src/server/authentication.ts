// Who sends a request: from a bearer token, or from a browser's cookies. A token that is there and not valid is refused, never silently a guest's.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { TokenService } from "../auth/tokens";
import type { Database } from "../db/database";
import { sql } from "../db/sql";
import { AppError, unauthenticated } from "../errors/app-error";
import type { Role } from "../generated/prisma/enums";
import type { Identity, Viewer } from "../request/context";
import { cookiesOf, hasCookies, readCookie, type CookieSettings } from "./client-cookies";

export interface Authentication {
  database: Database;
  tokens: TokenService;
  cookies: CookieSettings;
  /** Origins whose pages may send cookies, beside the server's own as its proxies tell it. */
  trustedOrigins: readonly string[];
}

export const guestHeader = "x-guest-token";

/**
 * One statement for each token that is sent: sessions that were ended, roles that were changed and guests that were merged count at once.
 * @throws AppError UNAUTHENTICATED for a token that is not valid (any more), FORBIDDEN for cookies that another site sends.
 */
export async function identify(
  request: FastifyRequest,
  reply: FastifyReply,
  authentication: Authentication,
): Promise<Identity> {
  if (hasCookies(request, authentication.cookies)) assertOwnSite(request, authentication);
  const [viewer, guestId] = await Promise.all([
    identifyViewer(request, reply, authentication),
    identifyGuest(request, reply, authentication),
  ]);
  return { viewer, guestId };
}

async function identifyViewer(request: FastifyRequest, reply: FastifyReply, authentication: Authentication) {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
    const viewer = token === undefined ? null : await readViewer(token, authentication);
    if (!viewer) throw unauthenticated("The access token is not valid.");
    return viewer;
  }
  const cookie = readCookie(request, "access", authentication.cookies);
  if (cookie === null) return null;
  const viewer = await readViewer(cookie, authentication);
  if (viewer) return viewer;
  // So that the browser does not send it again with the request that refreshes.
  cookiesOf(request, reply, authentication.cookies).clear("access");
  throw unauthenticated("The access token is not valid.");
}

async function identifyGuest(request: FastifyRequest, reply: FastifyReply, authentication: Authentication) {
  const header = request.headers[guestHeader];
  const token = typeof header === "string" ? header : readCookie(request, "guest", authentication.cookies);
  if (token === null) return null;
  const guestId = await authentication.tokens.verifyGuest(token);
  const guest = guestId === null ? null : await readGuest(guestId, authentication.database);
  if (guest === "open") return guestId;
  if (header === undefined) cookiesOf(request, reply, authentication.cookies).clear("guest");
  throw unauthenticated(
    guest === "merged"
      ? "The guest's progress was taken over by an account; send no guest token any more."
      : "The guest token is not valid.",
  );
}

/**
 * A page of another site can make a browser send our cookies. It cannot hide where it comes from: browsers send `Origin` with every
 * request that is not a plain navigation, and `Sec-Fetch-Site` always (https://www.w3.org/TR/fetch-metadata/).
 */
function assertOwnSite(request: FastifyRequest, { trustedOrigins }: Authentication): void {
  const { origin } = request.headers;
  const isOwn =
    origin === undefined || origin === `${request.protocol}://${request.host}` || trustedOrigins.includes(origin);
  if (isOwn && (origin !== undefined || request.headers["sec-fetch-site"] !== "cross-site")) return;
  throw new AppError("FORBIDDEN", "Cookies count only for pages of this site and of the origins that it trusts.");
}

async function readViewer(token: string, { tokens, database }: Authentication): Promise<Viewer | null> {
  const claims = await tokens.verifyAccess(token);
  if (!claims) return null;
  const [row] = await database.query<{ role: Role }>(sql`
    SELECT u."role"::text AS "role" FROM "user_session" s JOIN "app_user" u ON u."id" = s."user_id"
    WHERE s."id" = ${claims.sessionId}::uuid AND s."user_id" = ${claims.userId}::uuid AND s."ended_at" IS NULL AND s."expires_at" > now()`);
  return row ? { userId: claims.userId, sessionId: claims.sessionId, role: row.role } : null;
}

async function readGuest(guestId: string, database: Database): Promise<"open" | "merged" | null> {
  const [row] = await database.query<{ isMerged: boolean }>(sql`
    SELECT "merged_at" IS NOT NULL AS "isMerged" FROM "learner" l
    WHERE "id" = ${guestId}::uuid AND NOT EXISTS (SELECT 1 FROM "app_user" u WHERE u."id" = l."id")`);
  return row ? (row.isMerged ? "merged" : "open") : null;
}
