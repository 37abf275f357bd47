// Makes the golden databases once for the whole run: "empty" (migrated) and "catalogue" (with the shipped content). Every test database is a copy.
import { mkdirSync, writeFileSync } from "node:fs";
import { importContent } from "../../src/content/content.import";
import { createDatabase, type Database } from "../../src/db/database";
import { openEmbedded } from "../../src/db/embedded-driver";
import { applyMigrations, readMigrations } from "../../src/db/migrations";
import { openPostgres } from "../../src/db/postgres-driver";
import {
  emptyImage,
  goldenDirectory,
  goldenImage,
  goldens,
  onServer,
  postgresSettings,
  templateName,
  type Golden,
} from "../support/golden";

export default async function globalSetup(): Promise<void> {
  if (process.env["TEST_DATABASE_URL"] === undefined) await makeImages();
  else await makeTemplates(process.env["TEST_DATABASE_URL"]);
}

async function makeImages(): Promise<void> {
  mkdirSync(goldenDirectory, { recursive: true });
  const driver = await openEmbedded({ image: emptyImage });
  const database = createDatabase(driver);
  for (const golden of goldens) {
    await prepare(database, golden);
    writeFileSync(goldenImage(golden), Buffer.from(await (await driver.dump()).arrayBuffer()));
  }
  await database.close();
}

async function makeTemplates(url: string): Promise<void> {
  for (const golden of goldens) {
    const name = templateName(golden);
    await onServer(url, [`CREATE DATABASE "${name}"`]);
    const database = createDatabase(openPostgres(postgresSettings(url, name)));
    await prepare(database, golden);
    await database.close();
  }
}

async function prepare(database: Database, golden: Golden): Promise<void> {
  await applyMigrations(database, await readMigrations("prisma/migrations"));
  if (golden === "catalogue") await importContent(database, "prisma/content", {});
}
