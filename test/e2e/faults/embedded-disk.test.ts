// The embedded database and its disk: what is acknowledged was synced, and a disk that is full loses nothing and is no fault of ours.
import fs, { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase, type Database } from "../../../src/db/database";
import { openEmbedded } from "../../../src/db/embedded-driver";
import { applyMigrations, readMigrations } from "../../../src/db/migrations";
import { sql } from "../../../src/db/sql";
import {
  type Answer,
  creation,
  editorsAuthorization,
  expectUnavailable,
  Watched,
  writtenSlugs,
} from "../../support/faults";
import { emptyImage } from "../../support/golden";
import { canMountSmall, mountSmall, unmount } from "../../support/small-disk";
import { startTestServer } from "../../support/server";
import { createTestServices } from "../../support/services";

describe("The embedded database (R24)", () => {
  it("has synced its log before a write is acknowledged, and nothing for what only reads", async () => {
    const directory = mkdtempSync(join(tmpdir(), "learngraph-sync-"));
    const database = createDatabase(await openEmbedded({ directory, image: emptyImage }));
    await database.exclusive(connection => connection.script(`CREATE TABLE "kept" ("id" INTEGER)`));
    const synced = jest.spyOn(fs, "fsyncSync");
    try {
      await database.query(sql`SELECT * FROM "kept"`);
      expect(synced).not.toHaveBeenCalled();
      for (let id = 1; id <= 3; id++) {
        await database.query(sql`INSERT INTO "kept" VALUES (${id})`);
        expect(synced).toHaveBeenCalledTimes(id);
      }
    } finally {
      synced.mockRestore();
      await database.close();
      rmSync(directory, { recursive: true });
    }
  });

  it("acknowledges nothing when the disk does not take it", async () => {
    const directory = mkdtempSync(join(tmpdir(), "learngraph-sync-"));
    const database = createDatabase(await openEmbedded({ directory, image: emptyImage }));
    await database.exclusive(connection => connection.script(`CREATE TABLE "kept" ("id" INTEGER)`));
    const failing = jest.spyOn(fs, "fsyncSync").mockImplementation(() => {
      throw Object.assign(new Error("EIO: i/o error, fsync"), { code: "EIO" });
    });
    try {
      await expect(database.query(sql`INSERT INTO "kept" VALUES (1)`)).rejects.toThrow();
    } finally {
      failing.mockRestore();
      await database.close().catch(() => undefined);
      rmSync(directory, { recursive: true });
    }
  });
});

if (!canMountSmall) process.stderr.write("embedded-disk.test.ts: skipped, a small disk needs root (for a tmpfs).\n");

(canMountSmall ? describe : describe.skip)("A disk that is full (needs root, for a tmpfs)", () => {
  let directory: string;
  beforeAll(() => (directory = mountSmall("110m")));
  afterAll(() => unmount(directory));

  it("is said to who writes with 503, reading goes on, and everything is there when there is room", async () => {
    let database: Database = createDatabase(await openEmbedded({ directory, image: emptyImage }));
    await applyMigrations(database, await readMigrations("prisma/migrations"));
    const services = await createTestServices();
    const authorization = await editorsAuthorization(database, services.tokens);
    const server = await startTestServer({ database, services, responseCacheBytes: 0 });
    const watched = new Watched(server.url, authorization);
    const filling = join(directory, "filling");
    const acknowledged: string[] = [];
    fill(filling);
    let refused;
    for (let count = 0; count < 3_000 && !refused; count++) {
      const answer = await watched.ask(creation(`into-full-${count}`));
      if (answer.status === 200) acknowledged.push(`into-full-${count}`);
      else refused = answer;
    }
    expectUnavailable(refused as Answer);
    expect((await watched.read()).status).toBe(200);
    expect(await watched.status("/livez")).toBe(200);
    rmSync(filling);
    await watched.expectRecovery("embedded database's disk full");
    await server.close();
    await database.close();
    database = createDatabase(await openEmbedded({ directory, image: emptyImage }));
    const { revisions, events } = await writtenSlugs(database);
    await database.close();
    expect(acknowledged.filter(slug => !revisions.includes(slug))).toEqual([]);
    expect(events).toEqual(revisions);
  }, 120_000);
});

function fill(path: string): void {
  const block = Buffer.alloc(64_000);
  try {
    for (;;) writeFileSync(path, block, { flag: "a" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
