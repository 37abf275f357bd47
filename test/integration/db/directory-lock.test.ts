// One process at a time has a data directory, seen with real processes: PGlite loses rows when there are two. The same on every database.
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DirectoryInUseError, lockDirectory } from "../../../src/db/directory-lock";
import { eraseEmbedded, openEmbedded } from "../../../src/db/embedded-driver";
import { runProgram } from "../../support/command";
import { emptyImage } from "../../support/golden";

/** A process that works on the directory; see test/support/lock-process.cjs. */
interface Other {
  readonly pid: number;
  tell(order: "lock" | "unlock" | "contend" | "open"): Promise<string>;
  /** kill -9: it can tidy up nothing. */
  kill(): Promise<void>;
}

describe("Data directory (R24)", () => {
  let directory: string;
  let others: Other[];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "learngraph-lock-"));
    others = [];
  });
  afterEach(async () => {
    await Promise.all(others.map(other => other.kill()));
    rmSync(directory, { recursive: true });
  });

  const start = async () => {
    const other = await startOther(directory);
    others.push(other);
    return other;
  };

  it("is refused to a second process, which names the first, and the first keeps its data", async () => {
    const driver = await openEmbedded({ directory, image: emptyImage });
    await driver.query(`CREATE TABLE "kept" ("id" INTEGER)`, []);

    const second = await runProgram("db", ["migrate"], { env: { DATA_DIRECTORY: directory } });
    const reset = await runProgram("db", ["reset", "--force"], { env: { DATA_DIRECTORY: directory } });

    const message = `The data directory ${directory} is in use by process ${process.pid}. Stop that process, or set DATA_DIRECTORY or DATABASE_URL for this one.\n`;
    expect(second).toEqual({ exitCode: 1, stdout: "", stderr: message });
    expect(reset).toEqual({ exitCode: 1, stdout: "", stderr: message });
    await driver.query(`INSERT INTO "kept" VALUES (1)`, []);
    await driver.close();
    const again = await openEmbedded({ directory, image: emptyImage });
    expect(await again.query(`SELECT * FROM "kept"`, [])).toEqual([{ id: 1 }]);
    await again.close();
    expect(readdirSync(directory)).toEqual(["postgres"]);
  });

  it("is taken over from a process that was killed, with every row it had acknowledged", async () => {
    const other = await start();
    expect(await other.tell("open")).toBe("written");
    await expect(openEmbedded({ directory, image: emptyImage })).rejects.toThrow(`in use by process ${other.pid}.`);
    await other.kill();
    const driver = await openEmbedded({ directory, image: emptyImage });
    expect(await driver.query(`SELECT * FROM "kept"`, [])).toEqual([{ id: 1 }]);
    await driver.close();
  });

  it("is refused a second time to the process that has it", () => {
    const unlock = lockDirectory(directory);
    expect(() => lockDirectory(directory)).toThrow(DirectoryInUseError);
    expect(() => eraseEmbedded(directory)).toThrow(DirectoryInUseError);
    unlock();
    lockDirectory(directory)();
  });

  it("stays with its next holder when the one before gives it back twice", () => {
    const unlock = lockDirectory(directory);
    unlock();
    const unlockNext = lockDirectory(directory);
    unlock();
    expect(() => lockDirectory(directory)).toThrow(DirectoryInUseError);
    unlockNext();
  });

  it("goes to exactly one of ten processes that want it at once from a killed one, again and again", async () => {
    const holder = await start();
    expect(await holder.tell("lock")).toBe("locked");
    let waiting = await Promise.all(Array.from({ length: 10 }, start));
    await holder.kill();
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(waiting.map(other => other.tell("lock")));
      const winners = waiting.filter((_, index) => answers[index] === "locked");
      expect(winners).toHaveLength(1);
      expect(new Set(answers)).toEqual(new Set(["locked", "DirectoryInUseError"]));
      await winners[0]?.kill();
      waiting = waiting.filter(other => other !== winners[0]);
    }
  });

  it("has one holder at a time while processes take it and give it back as fast as they can", async () => {
    const processes = await Promise.all(Array.from({ length: 4 }, start));
    const answers = await Promise.all(processes.map(other => other.tell("contend")));
    const counts = answers.map(answer => answer.split(" ").map(Number));
    expect(counts.map(([, shared]) => shared)).toEqual([0, 0, 0, 0]);
    expect(Math.max(...counts.map(([had]) => had ?? 0))).toBeGreaterThan(0);
  });

  it.each([
    ["of a process whose number another one has now", JSON.stringify({ pid: process.ppid, startedAt: "1" })],
    ["of an earlier process with our own number", JSON.stringify({ pid: process.pid, startedAt: "1" })],
    ["that is empty", ""],
    ["that is no lock at all", '{"pid":"nobody"}'],
  ])("is not kept by a lock file %s", (_, content) => {
    writeFileSync(join(directory, "lock"), content);
    const unlock = lockDirectory(directory);
    expect(JSON.parse(readFileSync(join(directory, "lock"), "utf8"))).toMatchObject({ pid: process.pid });
    unlock();
    expect(readdirSync(directory)).toEqual([]);
  });

  it("is not kept for ever by a process that was killed while it cleared a stale lock", () => {
    writeFileSync(join(directory, "lock"), "");
    writeFileSync(join(directory, "lock.clearing"), "");
    const longAgo = Date.now() / 1000 - 60;
    utimesSync(join(directory, "lock.clearing"), longAgo, longAgo);
    lockDirectory(directory)();
    expect(readdirSync(directory)).toEqual([]);
  });
});

async function startOther(directory: string): Promise<Other> {
  const script = join(process.cwd(), "test/support/lock-process.cjs");
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [script, directory]);
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "exit");
  await once(lines, "line");
  return {
    pid: child.pid ?? 0,
    tell: async order => {
      const answer = once(lines, "line");
      child.stdin.write(`${order}\n`);
      return String((await answer)[0]);
    },
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
