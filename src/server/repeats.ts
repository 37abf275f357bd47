// Requests that repeat an earlier one to the letter, by somebody who says nothing of who they are: recognised before anything of them is parsed.
import type { FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { guestHeader } from "./authentication";
import type { CachedAnswer, ResponseCache } from "./response-cache";

/** Characters of all requests together. */
const mostCharacters = 4_000_000;

export class Repeats {
  readonly #cache: ResponseCache | undefined;
  /** The keys of answers, by the text of the request. */
  readonly #keys = new LRUCache<string, string>({ maxSize: mostCharacters });

  constructor(cache: ResponseCache | undefined) {
    this.#cache = cache;
  }

  /** The answer that is kept for this very text; null when there is none, or when who asks has to be found out first. */
  find({ headers }: Pick<FastifyRequest, "headers">, text: string): CachedAnswer | null {
    const { authorization, cookie, [guestHeader]: guest } = headers;
    if (!this.#cache || authorization !== undefined || cookie !== undefined || guest !== undefined) return null;
    const key = this.#keys.get(text);
    return key === undefined ? null : this.#cache.get(key, true);
  }

  /** A request of this text was found to be right, and its answer is kept under `key`. */
  learn(text: string, key: string): void {
    this.#keys.set(text, key, { size: text.length + key.length });
  }
}

/** What identifies the question of a request, before it is read: the method with the body, or with the address. */
export function textOf({ method, body, url }: FastifyRequest): string {
  return `${method} ${typeof body === "string" ? body : url}`;
}
