// The generated catalogues that are measured: databases of their own on a PostgreSQL server, BENCH_DATABASE_URL. Needs the built dist/.
import { createRequire } from "node:module";
import pg from "pg";

const require = createRequire(import.meta.url);
require("../dist/src/server/schema.js"); // loads reflect-metadata before anything that needs it
const { createDatabase } = require("../dist/src/db/database.js");
const { applyMigrations, readMigrations } = require("../dist/src/db/migrations.js");
const { generateCatalogue } = require("../dist/src/db/generate/generate-catalogue.js");
const { openPostgres } = require("../dist/src/db/postgres-driver.js");

const server = process.env.BENCH_DATABASE_URL ?? "postgresql://postgres@127.0.0.1:5432/postgres";

/** A driver of learngraph's own, without its limits for requests. */
export function openBenchDriver(url) {
  return openPostgres({ url, poolSize: 2, acquireTimeoutMs: 10_000, statementTimeoutMs: 60_000 });
}

/**
 * Creates the database `name` when it is not there, migrates it and, when it has no topic, generates a catalogue.
 * @param size { topics, tools, lessons }
 * @param refine SQL that changes what was generated, before VACUUM ANALYZE.
 * @returns the URL of the database.
 */
export async function makeCatalogue(name, size, refine) {
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  await onServer(`CREATE DATABASE ${name}`).catch(error => {
    if (error.code !== "42P04") throw error; // it is there
  });
  const database = createDatabase(openBenchDriver(url));
  try {
    const migrations = new URL("../prisma/migrations", import.meta.url).pathname;
    await applyMigrations(database, await readMigrations(migrations));
    if ((await database.models.topic.count()) > 0) return url;
    console.error(`generating ${size.lessons.toLocaleString("en")} lessons`);
    await generateCatalogue(database, size, { seed: 1, replace: false });
  } finally {
    await database.close();
  }
  if (refine) {
    await onServer(refine, url).catch(async error => {
      await dropCatalogue(name); // or the next run would take it as it is
      throw error;
    });
  }
  // What autovacuum does in its own time: index-only scans need the visibility map.
  await onServer("VACUUM ANALYZE", url);
  return url;
}

/** Also when somebody is still connected. */
export async function dropCatalogue(name) {
  await onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

/** @returns the rows. Several statements run as one transaction. */
export async function onServer(text, url = server) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
