// Those who wait, each with what waits for them, in the order in which they take turns.

export class Waiting<T> {
  readonly #own = new Map<string, T[]>();
  #size = 0;

  /** Of all together. */
  get size(): number {
    return this.#size;
  }

  /** Whoever waits, the longest since their last turn first. */
  keys(): IterableIterator<string> {
    return this.#own.keys();
  }

  add(of: string, item: T): void {
    this.#size++;
    const own = this.#own.get(of);
    if (own) own.push(item);
    else this.#own.set(of, [item]);
  }

  /** @returns what has waited longest for `of`, who is the last one then; undefined when nothing waits for them. */
  take(of: string): T | undefined {
    const own = this.#own.get(of);
    if (!own) return undefined;
    this.#size--;
    const item = own.shift();
    this.#own.delete(of);
    if (own.length > 0) this.#own.set(of, own);
    return item;
  }
}
