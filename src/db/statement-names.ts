// Which statements are worth preparing: those that come again. Bounded, since every connection keeps what it has prepared, and clients
// decide by what they select how many different texts there are.

/** Texts that have a name. */
const mostNamed = 500;
/** Texts that were seen once and wait for the second time. */
const mostSeen = 5_000;

export class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #seen = new Set<string>();

  /** The name to prepare the statement under; undefined when it is to be sent as it is. */
  nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= mostNamed) return known;
    if (!this.#seen.has(text)) {
      if (this.#seen.size >= mostSeen) this.#seen.clear();
      this.#seen.add(text);
      return undefined;
    }
    this.#seen.delete(text);
    const name = `learngraph_${this.#names.size + 1}`;
    this.#names.set(text, name);
    return name;
  }
}
