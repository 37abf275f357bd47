// An exclusive lock on a directory between processes. PGlite has none of its own: two processes on one data directory lose each other's rows.
import { closeSync, fsyncSync, openSync, readFileSync, statSync, unlinkSync, writeSync, linkSync } from "node:fs";
import { join } from "node:path";

export class DirectoryInUseError extends Error {
  override readonly name = "DirectoryInUseError";
}

const lockName = "lock";

interface LockHolder {
  pid: number;
  /** Kernel start time of the process, in clock ticks: a pid that was reused has another one. Empty where the system does not tell. */
  startedAt: string;
}

/**
 * Takes the lock or throws at once; a lock left behind by a process that is gone is taken over.
 * The lock appears with its whole content or not at all (a hard link), so nobody ever reads half of one.
 * @returns a function that gives the lock back; harmless when called twice.
 * @throws DirectoryInUseError that names the process that holds the directory.
 */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, lockName);
  const mine: LockHolder = { pid: process.pid, startedAt: processStart(process.pid) };
  const draft = `${path}.${process.pid}.${heldHere.size}`;
  writeDurably(draft, JSON.stringify(mine));
  try {
    for (let attempt = 0; attempt < 50; attempt++) {
      if (tryLink(draft, path)) {
        heldHere.add(path);
        let held = true;
        return () => {
          if (!held) return;
          held = false;
          heldHere.delete(path);
          remove(path);
        };
      }
      const holder = readHolder(path);
      if (isLiving(holder, path)) {
        throw new DirectoryInUseError(
          `The data directory ${directory} is in use by process ${holder.pid}. Stop that process, or set DATA_DIRECTORY or DATABASE_URL for this one.`,
        );
      }
      clearStaleLock(path);
    }
    throw new DirectoryInUseError(
      `The data directory ${directory} could not be locked: other processes keep taking it.`,
    );
  } finally {
    remove(draft);
  }
}

/** The process that has the directory now; null where none has. Takes and changes nothing. */
export function directoryHolder(directory: string): number | null {
  const path = join(directory, lockName);
  const holder = readHolder(path);
  return isLiving(holder, path) ? holder.pid : null;
}

/** Locks this process holds: its own pid in a lock file says nothing about whether it still holds it. */
const heldHere = new Set<string>();

/**
 * Clears a lock whose holder is gone. Only one process at a time may do so: otherwise a slow one could remove the fresh lock
 * of a faster one. Nothing else removes a lock it does not hold, so what was stale when read is the same file when removed.
 */
function clearStaleLock(path: string): void {
  const guard = `${path}.clearing`;
  let file: number;
  try {
    file = openSync(guard, "wx");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    // Clearing takes a millisecond: a guard this old was left by a crash in that millisecond.
    if (Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 10_000) remove(guard);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    return;
  }
  try {
    const holder = readHolder(path);
    // A lock that is not there must not be removed: another process may be taking it right now.
    if (holder !== "absent" && !isLiving(holder, path)) remove(path);
  } finally {
    closeSync(file);
    remove(guard);
  }
}

function isLiving(holder: LockHolder | "absent" | "unreadable", path: string): holder is LockHolder {
  if (typeof holder === "string") return false;
  if (holder.pid === process.pid) return heldHere.has(path);
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: the process is there and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return holder.startedAt === processStart(holder.pid);
}

function readHolder(path: string): LockHolder | "absent" | "unreadable" {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isHolder(value) ? value : "unreadable";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "absent" : "unreadable";
  }
}

function isHolder(value: unknown): value is LockHolder {
  return typeof value === "object" && value !== null && Number.isInteger((value as LockHolder).pid);
}

/** Field 22 of /proc/<pid>/stat (proc(5)); the name in field 2 may hold spaces, so counting starts after its bracket. */
function processStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, "w");
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (["EEXIST", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
