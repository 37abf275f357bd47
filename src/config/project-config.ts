// The project on disk: its root, and its configuration with the directories that are relative counted from there. What every program starts with.
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { loadConfig, type Config } from "./config";

/** The project's root, from src/config and from dist/src/config alike. */
export function projectRoot(): string {
  const up = join(__dirname, "..", "..");
  return existsSync(join(up, "package.json")) ? up : join(up, "..");
}

/** `path` itself when it is absolute; otherwise counted from the project's root, wherever the program was started. */
export function fromProjectRoot(path: string): string {
  return isAbsolute(path) ? path : join(projectRoot(), path);
}

/** The configuration, its directories absolute. @throws ConfigError as loadConfig does. */
export function loadProjectConfig(): Config {
  const config = loadConfig();
  return Object.freeze({
    ...config,
    database: Object.freeze({
      ...config.database,
      dataDirectory: fromProjectRoot(config.database.dataDirectory),
    }),
    content: Object.freeze({ ...config.content, directory: fromProjectRoot(config.content.directory) }),
  });
}
