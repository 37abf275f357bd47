// A disk of a few megabytes, to be filled: a tmpfs, which only root may mount.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether there may be one. */
export const canMountSmall = attempt();

function attempt(): boolean {
  try {
    unmount(mountSmall("1m"));
    return true;
  } catch {
    return false;
  }
}

/** @returns where it is. Ends with `unmount`. @throws Error where it may not be mounted. */
export function mountSmall(size: string): string {
  const directory = mkdtempSync(join(tmpdir(), "learngraph-small-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", directory], { stdio: "ignore" });
    return directory;
  } catch (error) {
    rmSync(directory, { recursive: true });
    throw error;
  }
}

export function unmount(directory: string): void {
  execFileSync("umount", [directory]);
  rmSync(directory, { recursive: true });
}
