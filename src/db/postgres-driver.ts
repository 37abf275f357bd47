// PostgreSQL through node-postgres: a bounded pool whose every wait ends, shared by Prisma's adapter and our own SQL.
import { PrismaPg } from "@prisma/adapter-pg";
import { Pool, type PoolClient, type QueryConfig } from "pg";
import type { Driver } from "./driver";
import { listenOnPostgres } from "./postgres-listener";

export interface PostgresSettings {
  url: string;
  /** Where to listen, when `url` is a pooler that hands out a connection for each transaction; `url` when left out. */
  directUrl?: string | undefined;
  /** How often a connection that listens is asked whether it still hears, in milliseconds; 10,000 when left out. */
  listenCheckMs?: number;
  poolSize: number;
  /** Longest wait for a connection, free or new, in milliseconds. */
  acquireTimeoutMs: number;
  /** Longest run of one statement, in milliseconds; held by the server and, a little later, by the client. */
  statementTimeoutMs: number;
  /** Told of a connection that broke while idle; the pool has replaced it already. */
  onIdleError?: (error: Error) => void;
}

export interface PostgresDriver extends Driver {
  readonly kind: "postgres";
}

export function openPostgres(settings: PostgresSettings): PostgresDriver {
  const pool = new Pool({
    connectionString: settings.url,
    max: settings.poolSize,
    connectionTimeoutMillis: settings.acquireTimeoutMs,
    statement_timeout: settings.statementTimeoutMs,
    // A server that does not answer at all cannot time a statement out: then the client gives up by itself.
    query_timeout: settings.statementTimeoutMs + 500,
    idle_in_transaction_session_timeout: settings.statementTimeoutMs * 2,
    keepAlive: true,
    // Prisma writes instants without a zone and reads them as UTC. A statement, since poolers refuse
    // start-up options; the pool waits for the promise, which its types do not say.
    onConnect: (client): unknown => client.query("SET TIME ZONE 'UTC'"),
    application_name: "learngraph",
  });
  // Without a listener, the error of one idle connection would end the process.
  pool.on("error", error => settings.onIdleError?.(error));
  leaveReadOnly(pool);
  return {
    kind: "postgres",
    adapter: new PrismaPg(pool),
    query: async <Row>(text: string, values: readonly unknown[]) => (await pool.query(text, [...values])).rows as Row[],
    waiting: () => pool.waitingCount,
    exclusive: async work => {
      const client = await pool.connect();
      let broken: Error | undefined;
      try {
        return await inTransaction(client, () =>
          work({
            query: async <Row>(text: string, values: readonly unknown[] = []) =>
              (await client.query(unhurried({ text, values: [...values] }))).rows as Row[],
            script: async text => void (await client.query(unhurried({ text }))),
          }),
        );
      } catch (error) {
        broken = error instanceof Error ? error : new Error(String(error));
        throw error;
      } finally {
        client.release(broken);
      }
    },
    listen: (channel, listener) =>
      listenOnPostgres(
        {
          url: settings.directUrl ?? settings.url,
          connectTimeoutMs: settings.acquireTimeoutMs,
          answerTimeoutMs: settings.statementTimeoutMs,
          checkMs: settings.listenCheckMs ?? 10_000,
        },
        channel,
        listener,
      ),
    close: () => pool.end(),
  };
}

/** At most so often, all idle connections are given up: a database may stay read-only for long. */
const leaveEveryMs = 1_000;

/**
 * Gives connections up once a write over one of them was refused as read-only: after a failover they may lead to the old primary for as
 * long as it lives, and the next ones lead to the new.
 */
function leaveReadOnly(pool: Pool): void {
  const idle = new Set<PoolClient>();
  const readOnly = new WeakSet<PoolClient>();
  let leftAt = -Infinity;
  pool.on("connect", client => {
    // Also of statements whose error the pool does not see, such as those of Prisma's transactions.
    client.connection.on("errorMessage", ({ code }: { code?: string }) => {
      if (code !== "25006") return;
      readOnly.add(client);
      if (performance.now() - leftAt < leaveEveryMs) return;
      leftAt = performance.now();
      for (const other of idle) other.connection.stream.destroy();
    });
  });
  pool.on("acquire", client => idle.delete(client));
  pool.on("remove", client => idle.delete(client));
  pool.on("release", (_error, client) => {
    // The pool keeps no connection that is ending.
    if (readOnly.has(client)) void client.end();
    else idle.add(client);
  });
}

async function inTransaction<T>(client: PoolClient, work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    await client.query("SET LOCAL statement_timeout = 0");
    await client.query("SET LOCAL idle_in_transaction_session_timeout = 0");
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

/** A statement practically without the client's own time-out (0 would mean the default); node-postgres reads it from each query, its types do not know it. */
function unhurried(query: QueryConfig): QueryConfig {
  return { ...query, query_timeout: 2 ** 31 - 1 } as QueryConfig;
}
