// The files of the embedded database with fsync: PGlite's own access to them has none, so that a commit would be acknowledged while it is in
// the memory of the operating system only.
import fs from "node:fs";
import { join } from "node:path";
import type { PGlite } from "@electric-sql/pglite";

/** Parameters in the place of PGlite's `-F`. Of PostgreSQL's ways to sync the log, its files know `fsync` alone. */
export const durableParams = ["-c", "fsync=on", "-c", "wal_sync_method=fsync"];

/** What the emitted code of PGlite calls files: EIO in its numbers, and those that it opened. Directories have no descriptor. */
const ioError = 29;
interface Stream {
  node: unknown;
  nfd?: number;
}
interface NodeFiles {
  realPath(node: unknown): string;
  stream_ops: { fsync?: (stream: Stream) => number };
}

/** A file system for PGlite over `directory`. What is synced is on the disk when the statement that needs it is answered. */
export async function durableFiles(directory: string) {
  const { NodeFS } = await import("@electric-sql/pglite/nodefs");
  return new (class extends NodeFS {
    override async init(database: PGlite, options: Parameters<InstanceType<typeof NodeFS>["init"]>[1]) {
      const { emscriptenOpts } = await super.init(database, options);
      const addSync = (module: { NODEFS?: NodeFiles }) => {
        const files = module.NODEFS;
        // Rather no start than acknowledgements that mean nothing.
        if (!files) throw new Error("PGlite has no NODEFS any more: its files cannot be synced");
        files.stream_ops.fsync = ({ node, nfd }) => (syncs(nfd ?? files.realPath(node)) ? 0 : ioError);
      };
      return { emscriptenOpts: { ...emscriptenOpts, preRun: [...[emscriptenOpts.preRun ?? []].flat(), addSync] } };
    }
  })(directory);
}

function syncs(file: number | string): boolean {
  try {
    if (typeof file === "number") fs.fsyncSync(file);
    else syncPath(file);
    return true;
  } catch {
    return false;
  }
}

/** Syncs all that is in `directory`: a new database is made without, and PostgreSQL would only ever sync what it changes in it. */
export function syncTree(directory: string): void {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else if (entry.isFile()) syncPath(path);
  }
  syncPath(directory);
}

export function syncPath(path: string): void {
  const descriptor = fs.openSync(path, "r");
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
