// The embedded default: PostgreSQL compiled to WebAssembly (PGlite), in a data directory or in memory. One connection.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Extensions, PGlite } from "@electric-sql/pglite";
import { layOut, makeEmptyImage } from "./database-image";
import type { Driver } from "./driver";
import { lockDirectory } from "./directory-lock";
import { durableFiles, durableParams } from "./durable-files";

export interface EmbeddedSettings {
  /** Where to keep the data; left out: in memory. */
  directory?: string;
  /** The file of a dump, from which a new database is made. Where it is not there, PostgreSQL makes an empty one, which takes seconds. */
  image?: string | undefined;
}

export interface EmbeddedDriver extends Driver {
  readonly kind: "embedded";
  /** The whole database: what the file of `image` holds. */
  dump(): Promise<Blob>;
}

/** @throws DirectoryInUseError when another process has the directory; nothing in it was touched then. */
export async function openEmbedded(settings: EmbeddedSettings): Promise<EmbeddedDriver> {
  const unlock = settings.directory === undefined ? () => undefined : lock(settings.directory);
  try {
    const client = await openPGlite(settings);
    const { PrismaPGlite } = await import("pglite-prisma-adapter");
    let underWay = 0;
    return {
      kind: "embedded",
      adapter: new PrismaPGlite(client),
      query: async <Row>(text: string, values: readonly unknown[]) => {
        underWay++;
        try {
          return (await client.query<Row>(text, [...values])).rows;
        } finally {
          underWay--;
        }
      },
      connections: 1,
      poolState: () => ({ total: 1, idle: underWay === 0 ? 1 : 0, waiting: Math.max(underWay - 1, 0) }),
      exclusive: work =>
        client.transaction(tx =>
          work({
            query: async <Row>(text: string, values: readonly unknown[] = []) =>
              (await tx.query<Row>(text, [...values])).rows,
            script: async text => void (await tx.exec(text)),
          }),
        ),
      listen: async (channel, listener) => {
        const end = await client.listen(channel, payload => listener.message(payload));
        // In the same process: there is no connection to lose.
        listener.connected();
        return () => end();
      },
      dump: async () => client.dumpDataDir("none"),
      close: async () => {
        await client.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Whether there is a database in `directory`. Opens nothing and makes nothing. */
export function hasEmbeddedDatabase(directory: string): boolean {
  return existsSync(join(dataIn(directory), "PG_VERSION"));
}

/**
 * Deletes the database in `directory` and nothing else that is there; fine when there is none.
 * @throws DirectoryInUseError when a process has the directory; nothing in it was touched then.
 */
export function eraseEmbedded(directory: string): void {
  const unlock = lock(directory);
  try {
    const data = dataIn(directory);
    const removed = `${data}.removed`;
    rmSync(removed, { recursive: true, force: true });
    // A deletion that is cut short must not leave half a database under the name of a whole one.
    if (existsSync(data)) renameSync(data, removed);
    rmSync(removed, { recursive: true, force: true });
  } finally {
    unlock();
  }
}

/** For so long statements follow one another, in milliseconds; shorter turns make smaller batches (request/shared-batches.ts), and more work. */
const longestTurnMs = 10;

const dataIn = (directory: string): string => join(directory, "postgres");

function lock(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return lockDirectory(directory);
}

/** The extensions of PostgreSQL that the migrations create; PGlite has to be handed their files. */
export async function embeddedExtensions(): Promise<Extensions> {
  const { pg_trgm } = await import("@electric-sql/pglite/contrib/pg_trgm");
  return { pg_trgm };
}

/**
 * PGlite that lets the rest of the process have its turn while statements wait. By itself it runs all of them, one after the other, before it
 * does; and of new connections Node.js accepts one in a turn: the last of fifty clients that came at once waited for seconds.
 */
function inTurns(Base: typeof PGlite) {
  return class extends Base {
    #turnBeganAt = -Infinity;

    override _runExclusiveTransaction<T>(work: () => Promise<T>): Promise<T> {
      return super._runExclusiveTransaction(async () => {
        if (performance.now() - this.#turnBeganAt > longestTurnMs) {
          await nextTurn();
          this.#turnBeganAt = performance.now();
        }
        return work();
      });
    }
  };
}

async function openPGlite({ directory, image }: EmbeddedSettings): Promise<PGlite> {
  const { PGlite } = await import("@electric-sql/pglite");
  const data = directory === undefined ? undefined : dataIn(directory);
  const dump = () => (image !== undefined && existsSync(image) ? readFileSync(image) : undefined);
  if (data !== undefined && !existsSync(data)) layOut(dump() ?? (await makeEmptyImage()), data);
  const inMemory = data === undefined ? dump() : undefined;
  const client = new (inTurns(PGlite))({
    extensions: await embeddedExtensions(),
    startParams: [
      ...PGlite.defaultStartParams.filter(parameter => data === undefined || parameter !== "-F"),
      ...(data === undefined ? [] : durableParams),
      // Of the 128 MB that PostgreSQL takes unless told, every start would clear each page: a sixth of a second.
      ...["-c", "shared_buffers=32MB"],
    ],
    ...(data === undefined ? {} : { fs: await durableFiles(data) }),
    ...(inMemory && { loadDataDir: new Blob([inMemory]) }),
  });
  await client.waitReady;
  // Prisma writes instants without a zone and reads them as UTC.
  await client.exec("SET TIME ZONE 'UTC'");
  return client;
}
