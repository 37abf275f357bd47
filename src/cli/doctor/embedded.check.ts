// The embedded database's directory: who has it, whether it can be written, and how much room there is. Makes nothing.
import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { ProjectConfig } from "../../config/project-config";
import { hasEmbeddedDatabase } from "../../db/embedded-driver";
import { directoryHolder } from "../../db/directory-lock";
import { failure, ok, warning, type Check } from "./checkup";

const megabyte = 1_048_576;

export function embeddedCheck({ database: { dataDirectory } }: ProjectConfig): Check {
  return {
    name: "database",
    run: () => [describeDirectory(dataDirectory), describeRoom(dataDirectory)],
  };
}

function describeDirectory(directory: string) {
  const place = firstThatExists(directory);
  try {
    accessSync(place, constants.W_OK | constants.X_OK);
  } catch {
    return failure(`${place} cannot be written by this user: change its owner, or set DATA_DIRECTORY`);
  }
  if (!hasEmbeddedDatabase(directory)) return ok(`embedded, in ${directory}: none yet, the first start makes it`);
  const holder = directoryHolder(directory);
  return ok(
    holder === null
      ? `embedded, in ${directory}; no process has it`
      : `embedded, in ${directory}; process ${holder} has it, a running server perhaps`,
  );
}

function describeRoom(directory: string) {
  const { bavail, bsize } = statfsSync(firstThatExists(directory));
  const megabytes = Math.floor((bavail * bsize) / megabyte);
  const what = `${megabytes} MiB are free on its disk`;
  if (megabytes < 100) return failure(`${what}: make room before writes fail`);
  return megabytes < 1_024 ? warning(`${what}: make room`) : ok(what);
}

function firstThatExists(path: string): string {
  return existsSync(path) ? path : firstThatExists(dirname(path));
}
