// Who sends a request: from a bearer token, or from a browser's cookies. A token that is there and not valid is refused, never silently a guest's.
import DataLoader from "dataloader";
import type { FastifyRequest } from "fastify";
import type { AccessClaims, TokenService } from "../auth/tokens";
import type { Database } from "../db/database";
import { sql } from "../db/sql";
import { AppError, unauthenticated } from "../errors/app-error";
import type { Identity, Viewer } from "../request/context";
import { hasCookies, readCookie, type CookieSettings } from "./client-cookies";

export interface Authentication {
  tokens: TokenService;
  cookies: CookieSettings;
  /** Origins whose pages may send cookies, beside the server's own as its proxies tell it. */
  trustedOrigins: readonly string[];
  people: PeopleReader;
}

export const guestHeader = "x-guest-token";

/** What a client says of itself beside its cookies, which the request has. */
export interface Credentials {
  /** As in the header of that name. */
  authorization: string | undefined;
  guestToken: string | undefined;
  /** Told of a cookie whose token is not valid (any more), so that the browser does not send it again. */
  forgetCookie: (token: "access" | "guest") => void;
}

export interface Identified extends Identity {
  /** When the access token ends; null without one. */
  expiresAt: Date | null;
}

/**
 * One statement for each token that is sent: sessions that were ended, roles that were changed and guests that were merged count at once.
 * @throws AppError UNAUTHENTICATED for a token that is not valid (any more), FORBIDDEN for cookies that another site sends.
 */
export async function identify(
  request: FastifyRequest,
  credentials: Credentials,
  authentication: Authentication,
): Promise<Identified> {
  if (saysNothing(request, credentials)) return nobody;
  if (hasCookies(request, authentication.cookies)) assertOwnSite(request, authentication.trustedOrigins);
  const [access, guestId] = await Promise.all([
    identifyViewer(request, credentials, authentication),
    identifyGuest(request, credentials, authentication),
  ]);
  return { viewer: access?.viewer ?? null, guestId, expiresAt: access?.expiresAt ?? null };
}

const nobody: Identified = Object.freeze({ viewer: null, guestId: null, expiresAt: null });

function saysNothing({ headers }: FastifyRequest, { authorization, guestToken }: Credentials): boolean {
  return authorization === undefined && guestToken === undefined && headers.cookie === undefined;
}

async function identifyViewer(request: FastifyRequest, credentials: Credentials, authentication: Authentication) {
  const { authorization, forgetCookie } = credentials;
  if (authorization !== undefined) {
    const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
    const access = token === undefined ? null : await readAccess(token, authentication);
    if (!access) throw unauthenticated("The access token is not valid.");
    return access;
  }
  const cookie = readCookie(request, "access", authentication.cookies);
  if (cookie === null) return null;
  const access = await readAccess(cookie, authentication);
  if (access) return access;
  // Not even with the request that refreshes.
  forgetCookie("access");
  throw unauthenticated("The access token is not valid.");
}

async function identifyGuest(request: FastifyRequest, credentials: Credentials, authentication: Authentication) {
  const { guestToken, forgetCookie } = credentials;
  const token = guestToken ?? readCookie(request, "guest", authentication.cookies);
  if (token === null) return null;
  const guestId = await authentication.tokens.verifyGuest(token);
  const guest = guestId === null ? null : await authentication.people.guest(guestId);
  if (guest === "open") return guestId;
  if (guestToken === undefined) forgetCookie("guest");
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
export function assertOwnSite(request: FastifyRequest, trustedOrigins: readonly string[]): void {
  const { origin } = request.headers;
  const isOwn =
    origin === undefined || origin === `${request.protocol}://${request.host}` || trustedOrigins.includes(origin);
  if (isOwn && (origin !== undefined || request.headers["sec-fetch-site"] !== "cross-site")) return;
  throw new AppError("FORBIDDEN", "Cookies count only for pages of this site and of the origins that it trusts.");
}

async function readAccess(token: string, { tokens, people }: Authentication) {
  const claims = await tokens.verifyAccess(token);
  if (!claims) return null;
  const viewer = await people.viewer(claims);
  return viewer && { viewer, expiresAt: claims.expiresAt };
}

/** Who is who at this moment. What is asked in the same turn of the event loop is one statement; nothing is kept. */
export interface PeopleReader {
  /** Null when the session has ended. */
  viewer(claims: AccessClaims): Promise<Viewer | null>;
  guest(id: string): Promise<"open" | "merged" | null>;
}

export function createPeopleReader(database: Database): PeopleReader {
  const viewers = new DataLoader<AccessClaims, Viewer | null>(keys => readViewers(database, keys), loaderOptions);
  const guests = new DataLoader<string, "open" | "merged" | null>(ids => readGuests(database, ids), loaderOptions);
  return { viewer: ({ userId, sessionId }) => viewers.load({ userId, sessionId }), guest: id => guests.load(id) };
}

const loaderOptions = { cache: false, maxBatchSize: 1_000 };

async function readViewers(database: Database, keys: readonly AccessClaims[]): Promise<(Viewer | null)[]> {
  const rows = await database.query<Viewer>(sql`
    SELECT s."id"::text AS "sessionId", s."user_id"::text AS "userId", u."role"::text AS "role"
    FROM "user_session" s JOIN "app_user" u ON u."id" = s."user_id"
    WHERE s."id" = ANY (${keys.map(key => key.sessionId)}::uuid[]) AND s."ended_at" IS NULL AND s."expires_at" > now()`);
  const bySession = new Map(rows.map(row => [row.sessionId, row]));
  return keys.map(({ sessionId, userId }) => {
    const row = bySession.get(sessionId);
    return row?.userId === userId ? row : null;
  });
}

async function readGuests(database: Database, ids: readonly string[]): Promise<("open" | "merged" | null)[]> {
  const rows = await database.query<{ id: string; isMerged: boolean }>(sql`
    SELECT "id"::text AS "id", "merged_at" IS NOT NULL AS "isMerged" FROM "learner" l
    WHERE "id" = ANY (${[...ids]}::uuid[]) AND NOT EXISTS (SELECT 1 FROM "app_user" u WHERE u."id" = l."id")`);
  const byId = new Map(rows.map(row => [row.id, row.isMerged ? "merged" : "open"] as const));
  return ids.map(id => byId.get(id) ?? null);
}
