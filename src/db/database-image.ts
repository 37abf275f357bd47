// A new embedded database from an image: the dump of a data directory, as PGlite makes it (an uncompressed tar).
import fs from "node:fs";
import { dirname, join } from "node:path";
import { syncPath, syncTree } from "./durable-files";

/** The image of a database with nothing in it. Takes seconds: scripts/make-empty-database.mjs does the same ahead of time. */
export async function makeEmptyImage(): Promise<Buffer> {
  const { PGlite } = await import("@electric-sql/pglite");
  const database = await PGlite.create();
  const dump = await database.dumpDataDir("none");
  await database.close();
  return Buffer.from(await dump.arrayBuffer());
}

/** Makes `directory` from an image. Under that name there is a whole database, on the disk, or none. */
export function layOut(image: Buffer, directory: string): void {
  const draft = `${directory}.new`;
  fs.rmSync(draft, { recursive: true, force: true });
  try {
    fs.mkdirSync(draft, { mode: 0o700 });
    for (const { name, data } of entriesOf(image)) {
      if (data) fs.writeFileSync(join(draft, name), data, { mode: 0o600 });
      else fs.mkdirSync(join(draft, name), { recursive: true, mode: 0o700 });
    }
    syncTree(draft);
    fs.renameSync(draft, directory);
  } catch (error) {
    fs.rmSync(draft, { recursive: true, force: true });
    throw error;
  }
  syncPath(dirname(directory));
}

interface Entry {
  name: string;
  /** Left out: it is a directory. */
  data?: Uint8Array;
}

/** Of tar, what PGlite makes use of: names of at most 100 bytes, sizes in octal digits, directories before what is in them. */
function* entriesOf(tar: Buffer): Generator<Entry> {
  const block = 512;
  const text = (from: number, length: number) => tar.toString("utf8", from, from + length).replace(/\0.*/s, "");
  // Blocks of zeros are the end.
  for (let at = 0; tar[at] !== 0;) {
    const size = parseInt(text(at + 124, 12), 8);
    const start = at + block;
    if (!(start + size < tar.length)) throw new Error("The image of a database is cut short");
    const isDirectory = text(at + 156, 1) === "5";
    yield { name: text(at, 100), ...(isDirectory ? {} : { data: tar.subarray(start, start + size) }) };
    at = start + Math.ceil(size / block) * block;
  }
}
