// Which statements PostgreSQL keeps prepared: parsed and, as a rule, planned once for each connection, and sent as a name from then on. Those
// that are sent again and again are; one that is sent once would only take memory.
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { QueryConfig } from "pg";

/** A text that was sent as often as this is prepared when it is sent again. */
const oftenEnough = 3;
/** Each connection keeps as many, at some 50 kB each; those that come later are sent as they are. */
const mostPrepared = 200;
/** Texts whose uses are counted. */
const mostCounted = 1_000;

/** The statement is not there, or was there before: the connection is not the one that it was prepared on (a pooler's work). */
const lostCodes = new Set(["26000", "42P05"]);
/** As for a plan whose result has other types since a migration. */
const staleCode = "0A000";

export class PreparedStatements {
  readonly #onLost: () => void;
  readonly #counts = new LRUCache<string, number>({ max: mostCounted });
  /** Null for a text that is not prepared any more. */
  readonly #names = new Map<string, string | null>();
  #isOff: boolean;

  /** @param onLost told once when the connections turn out not to keep statements; then none is prepared any more. */
  constructor(isOn: boolean, onLost: () => void = () => undefined) {
    this.#isOff = !isOn;
    this.#onLost = onLost;
  }

  /** Sends a statement that is no part of a transaction, by its name where it has one. */
  async query<Result>(
    text: string,
    values: readonly unknown[],
    send: (query: QueryConfig) => Promise<Result>,
  ): Promise<Result> {
    const plain = { text, values: [...values] };
    const name = this.#nameOf(text);
    if (name === null) return send(plain);
    try {
      return await send({ name, text, values: plain.values });
    } catch (error) {
      // These are found before anything is executed.
      const { code = "" } = error as { code?: string };
      if (lostCodes.has(code)) this.#turnOff();
      else if (code === staleCode) this.#names.set(text, null);
      else throw error;
      return send(plain);
    }
  }

  #nameOf(text: string): string | null {
    if (this.#isOff) return null;
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    if (this.#names.size >= mostPrepared) return null;
    const count = (this.#counts.get(text) ?? 0) + 1;
    this.#counts.set(text, count);
    if (count <= oftenEnough) return null;
    this.#counts.delete(text);
    // Of the text alone: behind a pooler, what another process has prepared under the same name is the same statement.
    const name = `learngraph_${createHash("sha256").update(text).digest("base64url").slice(0, 32)}`;
    this.#names.set(text, name);
    return name;
  }

  #turnOff(): void {
    if (this.#isOff) return;
    this.#isOff = true;
    this.#names.clear();
    this.#counts.clear();
    this.#onLost();
  }
}
