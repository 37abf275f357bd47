// The server's process: config, database, server, listen, stop.
import { constants } from "node:os";
import closeWithGrace from "close-with-grace";
import { runCommand } from "./cli/run-command";
import { loadProjectConfig, programHash } from "./config/project-config";
import { openDatabase } from "./db/open-database";
import { loadContentIfEmpty, migrateDatabase, startApp } from "./server/app";
import { createLog } from "./server/log";
import { startServices } from "./server/services";

async function main(): Promise<number> {
  const stopsWhileStarting = endOnSignals();
  const config = loadProjectConfig();
  const log = createLog(config.log);
  const database = await openDatabase(config.database, {
    warn: (message, cause) => log.warn({ err: cause }, message),
    info: message => log.info(message),
  });
  try {
    if (config.database.migrateOnStart) await migrateDatabase(database, config.directories.migrations, log);
    if (config.content.onStart === "if-empty") await loadContentIfEmpty(database, config.content.directory, log);
    const running = await startServices(
      {
        ...config.accounts,
        ...config.editorial,
        budget: config.budget,
        production: config.production,
        dataDirectory: config.database.dataDirectory,
        port: config.port,
      },
      database,
      log,
    );
    // The playground, under `npm start` (scripts/run.mjs).
    await (globalThis as { stillMaking?: Promise<void> }).stillMaking;
    const app = await startApp(
      {
        ...config.http,
        secureCookies: config.accounts.secureCookies,
        host: config.host,
        port: config.port,
        limits: config.limits,
        ...config.documents,
        ...config.speed,
        edition: () => [config.version, programHash()],
        live: config.live,
        budget: running.budget,
        observability: { ...config.observability, version: config.version },
        load: config.load,
        playgroundDirectory: config.http.playground ? config.directories.playground : undefined,
      },
      database,
      running.services,
      log,
    );
    stopsWhileStarting.abort();
    if (app.metricsUrl) log.info({ url: app.metricsUrl }, "metrics are served");
    closeWithGrace({ delay: config.http.stopTimeoutMs, logger: log }, async ({ signal, err }) => {
      log.info({ signal, ...(err ? { err } : {}) }, "stopping");
      // After a fault that nothing has caught, nobody knows what it would answer.
      await app.stop(err ? 0 : config.http.stopDelayMs);
      await running.stop();
      await database.close();
    });
    // Last, and for people: what a fresh clone is for.
    log.info(`learngraph is ready at ${app.url}${config.http.playground ? " (playground)" : "/graphql"}`);
    return 0;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * The first process of a container is not ended by a signal that it does not handle: without this, one that came during a migration would
 * be lost. Ends at once, as other processes do; what is not committed is not there.
 * @returns what gives the signals back
 */
function endOnSignals(): AbortController {
  const until = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const end = () => process.exit(128 + constants.signals[signal]);
    process.once(signal, end);
    until.signal.addEventListener("abort", () => process.off(signal, end));
  }
  return until;
}

void runCommand("Usage: npm start", main);
