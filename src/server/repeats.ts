// Requests that repeat an earlier one to the letter, by somebody who says nothing of who they are: recognised before anything of them is parsed.
import type { FastifyRequest } from "fastify";
import { guestHeader } from "./authentication";
import type { CachedAnswer, ResponseCache } from "./response-cache";

/** The answer that is kept for this very text; null when there is none, or when who asks has to be found out first. */
export function repeatedAnswer(
  cache: ResponseCache | undefined,
  { headers }: Pick<FastifyRequest, "headers">,
  text: string,
): CachedAnswer | null {
  const { authorization, cookie, [guestHeader]: guest } = headers;
  if (!cache || authorization !== undefined || cookie !== undefined || guest !== undefined) return null;
  return cache.repeated(text);
}

/** What identifies the question of a request, before it is read: the method with the body, or with the address. */
export function textOf({ method, body, url }: FastifyRequest): string {
  return `${method} ${typeof body === "string" ? body : url}`;
}
