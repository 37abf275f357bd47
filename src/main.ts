// The server's process: config, database, server, listen, stop.
import closeWithGrace from "close-with-grace";
import { runCommand } from "./cli/run-command";
import { loadProjectConfig } from "./config/project-config";
import { openDatabase } from "./db/open-database";
import { loadContentIfEmpty, migrateDatabase, startApp } from "./server/app";
import { createLog } from "./server/log";
import { startServices } from "./server/services";

async function main(): Promise<number> {
  const config = loadProjectConfig();
  const log = createLog(config.log);
  const database = await openDatabase(config.database, error =>
    log.warn({ err: error }, "an idle database connection broke"),
  );
  try {
    if (config.database.migrateOnStart) await migrateDatabase(database, config.directories.migrations, log);
    if (config.content.onStart === "if-empty") await loadContentIfEmpty(database, config.content.directory, log);
    const running = await startServices(
      {
        ...config.accounts,
        ...config.editorial,
        production: config.production,
        dataDirectory: config.database.dataDirectory,
        port: config.port,
      },
      database,
      log,
    );
    const app = await startApp(
      {
        ...config.http,
        secureCookies: config.accounts.secureCookies,
        host: config.host,
        port: config.port,
        limits: config.limits,
        ...config.documents,
        ...config.speed,
        live: config.live,
        load: config.load,
        playgroundDirectory: config.http.playground ? config.directories.playground : undefined,
      },
      database,
      running.services,
      log,
    );
    closeWithGrace({ delay: config.http.stopTimeoutMs, logger: log }, async ({ signal, err }) => {
      log.info({ signal, ...(err ? { err } : {}) }, "stopping");
      await app.stop();
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

void runCommand("Usage: npm start", main);
