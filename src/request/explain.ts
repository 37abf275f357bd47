// For development: which SQL statements an operation sends, for which of its fields, how many rows they give and how long they take.
import { AsyncLocalStorage } from "node:async_hooks";
import { performance } from "node:perf_hooks";
import type { DatabaseSession } from "../db/database";

export interface ExplainedStatement {
  /** Paths of the fields that the statement was sent for, list indexes left out, such as `topics.nodes.tools`. */
  fields: string[];
  sql: string;
  rows: number;
  /** From sending to receiving, waiting for a connection included. */
  milliseconds: number;
}

/** What is known of one operation. */
export class Explanation {
  readonly statements: ExplainedStatement[] = [];
  readonly #fields = new AsyncLocalStorage<readonly string[]>();
  /** The fields that asked a loader for something that it has not sent yet. */
  readonly #asking = new Map<object, Set<string>>();

  /** Statements that `work` sends are sent for this field. */
  inField<T>(path: string, work: () => T): T {
    return this.#fields.run([path], work);
  }

  /** The current field asks a loader, which will answer it with others. */
  asks(loader: object): void {
    const asking = this.#asking.get(loader) ?? new Set();
    for (const field of this.#fields.getStore() ?? []) asking.add(field);
    this.#asking.set(loader, asking);
  }

  /** Statements that `work` sends are sent for all fields that have asked `loader`. */
  inBatch<T>(loader: object, work: () => T): T {
    const fields = [...(this.#asking.get(loader) ?? [])];
    this.#asking.delete(loader);
    return this.#fields.run(fields, work);
  }

  /** The same session, its statements noted. */
  observe(session: DatabaseSession): DatabaseSession {
    return {
      models: session.models,
      query: async <Row>(statement: Parameters<DatabaseSession["query"]>[0]) => {
        const fields = [...(this.#fields.getStore() ?? [])];
        const started = performance.now();
        const rows = await session.query<Row>(statement);
        const milliseconds = Math.round((performance.now() - started) * 1_000) / 1_000;
        this.statements.push({
          fields,
          sql: statement.text.replace(/\s+/g, " ").trim(),
          rows: rows.length,
          milliseconds,
        });
        return rows;
      },
    };
  }
}
