// Tokens of a browser in cookies that its scripts cannot read. The refresh token goes to the API alone, and only from its own site.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ClientCookies, TimedToken } from "../request/context";

export interface CookieSettings {
  /** Only over HTTPS, and bound to this host by the prefix of RFC 6265bis; false for development over plain HTTP. */
  secure: boolean;
}

const names = { access: "learngraph-access", refresh: "learngraph-refresh", guest: "learngraph-guest" } as const;
type TokenName = keyof typeof names;

export function cookiesOf(request: FastifyRequest, reply: FastifyReply, settings: CookieSettings): ClientCookies {
  const attributes = { path: "/", httpOnly: true, secure: settings.secure, sameSite: "lax" } as const;
  return {
    refreshToken: readCookie(request, "refresh", settings),
    set: tokens => {
      for (const [name, given] of Object.entries(tokens) as [TokenName, TimedToken][]) {
        // Strict: nothing but the site's own scripts ever needs to refresh.
        const sameSite = name === "refresh" ? "strict" : "lax";
        reply.setCookie(cookieName(name, settings), given.token, { ...attributes, sameSite, expires: given.expiresAt });
      }
    },
    clear: (...tokens) => {
      for (const name of tokens) reply.clearCookie(cookieName(name, settings), attributes);
    },
  };
}

export function readCookie(request: FastifyRequest, name: TokenName, settings: CookieSettings): string | null {
  return request.cookies[cookieName(name, settings)] ?? null;
}

/** Whether the browser sent any of them. */
export function hasCookies(request: FastifyRequest, settings: CookieSettings): boolean {
  return (Object.keys(names) as TokenName[]).some(name => readCookie(request, name, settings) !== null);
}

const cookieName = (name: TokenName, { secure }: CookieSettings): string => `${secure ? "__Host-" : ""}${names[name]}`;
