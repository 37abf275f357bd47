// A value that everything called from a piece of work can see, however it waits. While anybody is inside, Node before version 24 has something
// to do for each promise of the process, which costs requests up to a quarter of their time: so it ends with the last who leaves.
import { AsyncLocalStorage } from "node:async_hooks";

export class AsyncScope<T> {
  readonly #storage = new AsyncLocalStorage<T>();
  #inside = 0;

  /** What the work that calls this is inside of; undefined outside, and for what goes on after all have left. */
  get current(): T | undefined {
    return this.#inside === 0 ? undefined : this.#storage.getStore();
  }

  async run<R>(value: T, work: () => R | Promise<R>): Promise<R> {
    this.#inside++;
    try {
      return await this.#storage.run(value, work);
    } finally {
      if (--this.#inside === 0) this.#storage.disable();
    }
  }
}
