// Which content type an answer has for which Accept header, as Apollo Server has decided before.
import { LRUCache } from "lru-cache";

const longestHeader = 500;

/**
 * Whether a client knows no answers but application/json. To it, a status other than 200 says that the answer is not GraphQL's
 * (GraphQL over HTTP, 6.4.1), so it is also what a well-formed request gets whose operation was refused.
 */
export function acceptsJsonAlone(accept = ""): boolean {
  return /\bapplication\/json\b/i.test(accept) && !/graphql-response\+json|\/\*/i.test(accept);
}

export class AcceptedTypes {
  readonly #types = new LRUCache<string, string>({ max: 100 });

  /** Undefined when it is not known. */
  of(accept: string | undefined): string | undefined {
    return this.#types.get(accept ?? "");
  }

  learn(accept = "", type: string | undefined): void {
    if (type !== undefined && accept.length <= longestHeader) this.#types.set(accept, type);
  }
}
