// A process of its own that does as it is told, line by line, with a data directory: lock, unlock, contend, open. For directory-lock.test.ts.
const { rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { createInterface } = require("node:readline");
const { lockDirectory } = require("../../dist/src/db/directory-lock.js");
const { openEmbedded } = require("../../dist/src/db/embedded-driver.js");

const directory = process.argv[2];
let unlock;

const orders = {
  lock: () => {
    try {
      unlock = lockDirectory(directory);
      return "locked";
    } catch (error) {
      return error.name;
    }
  },
  unlock: () => {
    unlock();
    return "unlocked";
  },
  /** Takes the lock and gives it back again and again. Answers how often it had it, and how often somebody else had it at the same time. */
  contend: () => {
    const marker = join(directory, "somebody-is-inside");
    let had = 0;
    let shared = 0;
    const end = Date.now() + 2_000;
    while (Date.now() < end) {
      if (orders.lock() !== "locked") continue;
      had++;
      try {
        writeFileSync(marker, "", { flag: "wx" });
        rmSync(marker);
      } catch {
        shared++;
      }
      unlock();
    }
    return `${had} ${shared}`;
  },
  open: async () => {
    const driver = await openEmbedded({ directory });
    await driver.query(`CREATE TABLE "kept" ("id" INTEGER)`, []);
    await driver.query(`INSERT INTO "kept" VALUES (1)`, []);
    return "written";
  },
};

createInterface({ input: process.stdin }).on("line", async order => {
  console.log(await orders[order]());
});
console.log("ready");
