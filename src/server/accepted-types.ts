// Which content type an answer has for which Accept header, as Apollo Server has decided before.
import { LRUCache } from "lru-cache";

const longestHeader = 500;

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
