// Ends connections over which a database that was asked something does not answer at all: it cannot time its statements out by itself then. One
// look at all of them now and then, since a timer for each statement (node-postgres' `query_timeout`) costs more than the statement's own work.
import type { Socket } from "node:net";
import type { Pool, PoolClient } from "pg";

/** Looks in the time after which a connection counts as silent. */
const looks = 8;

/** What has gone over a connection that is in use, and since when nothing has. */
interface Traffic {
  bytes: number;
  since: number;
}

export class SilentConnections {
  readonly #inUse = new Map<PoolClient, Traffic>();
  readonly #limitMs: number;
  readonly #timer: NodeJS.Timeout;

  /** @param limitMs without a byte either way, of a connection that is in use. */
  constructor(pool: Pool, limitMs: number) {
    this.#limitMs = limitMs;
    pool.on("acquire", client => this.#inUse.set(client, { bytes: bytesOf(client), since: performance.now() }));
    pool.on("release", (_error, client) => this.#inUse.delete(client));
    pool.on("remove", client => this.#inUse.delete(client));
    // After whatever has arrived was read: a server that was busy itself has not heard it yet.
    this.#timer = setInterval(() => setImmediate(() => this.#look()), limitMs / looks).unref();
  }

  /** Until it is released, this one may take as long as it wants. */
  spare(client: PoolClient): void {
    this.#inUse.delete(client);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    for (const [client, traffic] of this.#inUse) {
      const bytes = bytesOf(client);
      if (bytes !== traffic.bytes) Object.assign(traffic, { bytes, since: now });
      else if (now - traffic.since > this.#limitMs) client.connection.stream.destroy(silence(this.#limitMs));
    }
  }
}

function bytesOf({ connection }: PoolClient): number {
  const { bytesRead, bytesWritten } = connection.stream as Socket;
  return bytesRead + bytesWritten;
}

const silence = (ms: number): Error =>
  Object.assign(new Error(`the database has not answered for ${ms} ms`), { code: "ETIMEDOUT" });
