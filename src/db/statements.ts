// Sees every SQL statement on its way to the database, whether Prisma or our own SQL sends it: for counting and timing, and for
// refusing a statement that would wait for ever.
import type { SqlDriverAdapter, SqlDriverAdapterFactory, SqlQuery, SqlQueryable } from "@prisma/driver-adapter-utils";
import { AsyncScope } from "./async-scope";

export type StatementListener = (text: string) => void;

/** Told of a statement before it is sent. What it returns is told when the statement has ended, and with which error. */
export type StatementWatcher = (text: string) => (error?: unknown) => void;

/** Which of these pass here differs between the drivers. */
const controlStatement = /^\s*(begin|commit|rollback|savepoint|release|set transaction|set constraints)\b/i;

export class StatementObserver {
  readonly #listeners = new Set<StatementListener>();
  readonly #watchers = new Set<StatementWatcher>();
  readonly #insideTransaction = new AsyncScope<true>();

  /** @returns a function that ends the listening. */
  listen(listener: StatementListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @returns a function that ends the watching. */
  watch(watcher: StatementWatcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Runs `send`, which sends the statement. BEGIN, COMMIT and their like are not told of. */
  sending<T>(text: string, send: () => Promise<T>): Promise<T> {
    if (controlStatement.test(text)) return send();
    for (const listener of this.#listeners) listener(text);
    return this.#watchers.size === 0 ? send() : this.#watched(text, send);
  }

  async #watched<T>(text: string, send: () => Promise<T>): Promise<T> {
    const ends = [...this.#watchers].map(watcher => watcher(text));
    try {
      const result = await send();
      for (const end of ends) end();
      return result;
    } catch (error) {
      for (const end of ends) end(error);
      throw error;
    }
  }

  /**
   * Everything called from `work` is inside the transaction: there, a statement outside it is refused. On PGlite, which has one
   * connection, it would wait for the transaction that waits for it; on PostgreSQL it would see older rows.
   */
  runTransaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#insideTransaction.run(true, work);
  }

  /** @throws Error when called from inside a transaction. */
  assertOutsideTransaction(): void {
    if (this.#insideTransaction.current) {
      throw new Error("a statement outside the transaction, from inside it: use the transaction's own context");
    }
  }

  /** The same adapter, its statements seen. */
  observe(factory: SqlDriverAdapterFactory): SqlDriverAdapterFactory {
    return {
      provider: factory.provider,
      adapterName: factory.adapterName,
      connect: async () => this.#observeAdapter(await factory.connect()),
    };
  }

  #observeAdapter(adapter: SqlDriverAdapter): SqlDriverAdapter {
    const startTransaction = adapter.startTransaction.bind(adapter);
    adapter.startTransaction = async isolation => {
      this.assertOutsideTransaction();
      return this.#observeQueries(await startTransaction(isolation), () => undefined);
    };
    return this.#observeQueries(adapter, () => this.assertOutsideTransaction());
  }

  #observeQueries<Q extends SqlQueryable>(queryable: Q, check: () => void): Q {
    const queryRaw = queryable.queryRaw.bind(queryable);
    const executeRaw = queryable.executeRaw.bind(queryable);
    return Object.assign(queryable, {
      queryRaw: async (query: SqlQuery) => {
        check();
        return this.sending(query.sql, () => queryRaw(query));
      },
      executeRaw: async (query: SqlQuery) => {
        check();
        return this.sending(query.sql, () => executeRaw(query));
      },
    });
  }
}
