// PostgreSQL through node-postgres: a bounded pool whose every wait ends, shared by Prisma's adapter and our own SQL.
import { PrismaPg } from "@prisma/adapter-pg";
import { Pool, type ClientBase, type PoolClient, type QueryConfig } from "pg";
import type { Driver } from "./driver";
import { listenOnPostgres } from "./postgres-listener";
import { PreparedStatements } from "./prepared-statements";
import { SilentConnections } from "./silent-connections";
import type { ReplicaConnection, ReplicaPool } from "./replica";

export interface PoolSettings {
  url: string;
  poolSize: number;
  /** Longest wait for a connection, free or new, in milliseconds. */
  acquireTimeoutMs: number;
  /** Longest run of one statement, in milliseconds; held by the server and, a little later, by the client. */
  statementTimeoutMs: number;
  /** Whether statements that are sent again and again are kept prepared; they are when left out. Not for a pooler that hands out a connection for each transaction. */
  preparesStatements?: boolean;
  /** Told once when a pooler turns out to be in between, where statements were to be prepared; they no longer are. */
  onPoolerFound?: () => void;
  /** Told of a connection that broke while idle; the pool has replaced it already. */
  onIdleError?: (error: Error) => void;
  /** Told once when a connection has another statement time-out than was asked for: behind a pooler, which may ignore it. */
  onOtherTimeout?: () => void;
}

export interface PostgresSettings extends PoolSettings {
  /** Where to listen, when `url` is a pooler that hands out a connection for each transaction; `url` when left out. */
  directUrl?: string | undefined;
  /** How often a connection that listens is asked whether it still hears, in milliseconds; 10,000 when left out. */
  listenCheckMs?: number;
}

export interface PostgresDriver extends Driver {
  readonly kind: "postgres";
}

export function openPostgres(settings: PostgresSettings): PostgresDriver {
  const { pool, silent, prepared, close } = openPool(settings);
  leaveReadOnly(pool);
  return {
    kind: "postgres",
    adapter: new PrismaPg(pool),
    query: async <Row>(text: string, values: readonly unknown[]) =>
      (await prepared.query(text, values, query => pool.query(query))).rows as Row[],
    exclusive: work =>
      withClient(pool, client => {
        silent.spare(client);
        return inTransaction(client, () =>
          work({
            query: async <Row>(text: string, values: readonly unknown[] = []) =>
              (await client.query(text, [...values])).rows as Row[],
            script: async text => void (await client.query(text)),
          }),
        );
      }),
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
    connections: settings.poolSize,
    poolState: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close,
  };
}

/** A pool of its own for a standby, which nothing is written to. */
export function openReplicaPool(settings: PoolSettings): ReplicaPool {
  const { pool, prepared, close } = openPool(settings);
  const connections = new WeakMap<PoolClient, ReplicaConnection>();
  const connectionOf = (client: PoolClient): ReplicaConnection => {
    const known = connections.get(client);
    if (known) return known;
    const connection: ReplicaConnection = {
      query: async <Row>(text: string, values: readonly unknown[]) =>
        (await prepared.query(text, values, query => client.query(query))).rows as Row[],
    };
    connections.set(client, connection);
    return connection;
  };
  return { use: work => withClient(pool, client => work(connectionOf(client))), close };
}

interface OpenPool {
  readonly pool: Pool;
  readonly silent: SilentConnections;
  readonly prepared: PreparedStatements;
  close(): Promise<void>;
}

function openPool(settings: PoolSettings): OpenPool {
  const { statementTimeoutMs, preparesStatements = true, onPoolerFound } = settings;
  // The server is given the time to end a statement by itself.
  const silenceMs = statementTimeoutMs + 500;
  let hasTold = false;
  const prepare = async (client: ClientBase) => {
    // Not in use yet, so nobody else looks after it. node-postgres reads the time-out from each query; its types do not know it.
    const query = { text: prepareConnection, query_timeout: silenceMs } as QueryConfig;
    const { rows } = await client.query<{ timeoutMs: number }>(query);
    if (rows[0]?.timeoutMs === statementTimeoutMs || hasTold) return;
    hasTold = true;
    settings.onOtherTimeout?.();
  };
  const pool = new Pool({
    connectionString: settings.url,
    max: settings.poolSize,
    connectionTimeoutMillis: settings.acquireTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs * 2,
    keepAlive: true,
    // The pool waits for the promise, which its types do not say.
    onConnect: (client): unknown => prepare(client),
    application_name: "learngraph",
  });
  // Without a listener, the error of one idle connection would end the process.
  pool.on("error", error => settings.onIdleError?.(error));
  const silent = new SilentConnections(pool, silenceMs);
  return {
    pool,
    silent,
    prepared: new PreparedStatements(preparesStatements, onPoolerFound),
    close: () => {
      silent.stop();
      return pool.end();
    },
  };
}

/**
 * Prisma writes instants without a zone and reads them as UTC. A statement, since poolers refuse start-up options; one that hands out a
 * connection for each transaction sees to the zone of each, as PostgreSQL reports changes of it.
 */
const prepareConnection = `
  SELECT set_config('TimeZone', 'UTC', FALSE),
    (extract(epoch FROM current_setting('statement_timeout')::interval) * 1000)::integer AS "timeoutMs"`;

/** Runs `work` alone on one connection, which is not used again when it throws. */
async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // The pool listens to idle ones only. One that breaks between two statements fails the next.
  const onError = (error: Error) => (broken = error);
  client.on("error", onError);
  try {
    return await work(client);
  } catch (error) {
    broken = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    client.off("error", onError);
    client.release(broken);
  }
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
