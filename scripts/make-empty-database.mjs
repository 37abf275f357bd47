// Makes dist/empty-database.tar, from which the server makes a new embedded database (src/db/database-image.ts). PostgreSQL takes seconds
// for one; here it takes them while the server is compiled.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { MemoryFS, PGlite } from "@electric-sql/pglite";

const target = "dist/empty-database.tar";

// What runs once is not worth compiling well: that would take as much of the processor as all the rest.
setFlagsFromString("--liftoff-only");
let dump;
/** Dumped when PostgreSQL has shut down, it needs no recovery when it is opened. */
class Files extends MemoryFS {
  async closeFs() {
    dump = await this.dumpTar("empty", "none");
    await super.closeFs();
  }
}
const database = await PGlite.create({ fs: new Files() });
await database.close();
mkdirSync("dist", { recursive: true });
writeFileSync(`${target}.new`, new Uint8Array(await dump.arrayBuffer()));
renameSync(`${target}.new`, target);
