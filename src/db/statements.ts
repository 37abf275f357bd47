// Sees every SQL statement on its way to the database, whether Prisma or our own SQL sends it: for counting, and for refusing
// a statement that would wait for ever.
import { AsyncLocalStorage } from "node:async_hooks";
import type { SqlDriverAdapter, SqlDriverAdapterFactory, SqlQuery, SqlQueryable } from "@prisma/driver-adapter-utils";

export type StatementListener = (text: string) => void;

export class StatementObserver {
  readonly #listeners = new Set<StatementListener>();
  readonly #insideTransaction = new AsyncLocalStorage<true>();

  /** @returns a function that ends the listening. */
  listen(listener: StatementListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** BEGIN, COMMIT and their like are not counted: which of them pass here differs between the drivers. */
  sent(text: string): void {
    if (/^\s*(begin|commit|rollback|savepoint|release|set transaction|set constraints)\b/i.test(text)) return;
    for (const listener of this.#listeners) listener(text);
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
    if (this.#insideTransaction.getStore()) {
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
    const before = (query: SqlQuery) => {
      check();
      this.sent(query.sql);
    };
    const queryRaw = queryable.queryRaw.bind(queryable);
    const executeRaw = queryable.executeRaw.bind(queryable);
    return Object.assign(queryable, {
      queryRaw: async (query: SqlQuery) => {
        before(query);
        return queryRaw(query);
      },
      executeRaw: async (query: SqlQuery) => {
        before(query);
        return executeRaw(query);
      },
    });
  }
}
