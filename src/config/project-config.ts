// The project on disk: its root, and its configuration with the directories that are relative counted from there. What every program starts with.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { ConfigError, loadConfig, type Config, type ConfigProblem } from "./config";

/** The project's root: from src/config, from dist/src/config and from the bundled dist/main.js alike. */
function projectRoot(): string {
  let directory = __dirname;
  while (!existsSync(join(directory, "package.json"))) directory = dirname(directory);
  return directory;
}

/** `path` itself when it is absolute; otherwise counted from the project's root, wherever the program was started. */
export function fromProjectRoot(path: string): string {
  return isAbsolute(path) ? path : join(projectRoot(), path);
}

export interface ProjectConfig extends Config {
  /** With the image of an empty database that scripts/make-empty-database.mjs makes; a production image goes without. */
  readonly database: Config["database"] & { readonly image: string };
  /** Of learngraph. */
  readonly version: string;
  /** Parts of the project that programs read, absolute. */
  readonly directories: { readonly migrations: string; readonly playground: string };
}

/** The configuration, its directories absolute. @throws ConfigError as loadConfig does. */
export function loadProjectConfig(env?: Readonly<Record<string, string | undefined>>): ProjectConfig {
  const config = loadConfig(env);
  const { version } = JSON.parse(readFileSync(fromProjectRoot("package.json"), "utf8")) as { version: string };
  return {
    ...config,
    version,
    database: {
      ...config.database,
      dataDirectory: fromProjectRoot(config.database.dataDirectory),
      image: fromProjectRoot("dist/empty-database.tar"),
    },
    documents: {
      ...config.documents,
      persistedDocuments:
        config.documents.persistedDocuments === undefined
          ? undefined
          : fromProjectRoot(config.documents.persistedDocuments),
    },
    content: { ...config.content, directory: fromProjectRoot(config.content.directory) },
    directories: { migrations: fromProjectRoot("prisma/migrations"), playground: fromProjectRoot("dist/playground") },
  };
}

/** Tells builds of one version apart: of the bundle that runs. */
export function programHash(): string {
  return createHash("sha256").update(readFileSync(__filename)).digest("hex");
}

/** For a report on the environment: what is wrong with it, and the configuration without the variables that are. */
export function inspectConfig(env: Readonly<Record<string, string | undefined>> = process.env): {
  config: ProjectConfig;
  problems: readonly ConfigProblem[];
} {
  try {
    return { config: loadProjectConfig(env), problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const wrong = new Set(error.problems.map(({ variable }) => variable));
    const right = Object.entries(env).filter(([name]) => !wrong.has(name));
    return { config: loadProjectConfig(Object.fromEntries(right)), problems: error.problems };
  }
}
