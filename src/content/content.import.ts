// Brings the database to what the content files say: all of it in one transaction, or nothing. Writes only what differs.
import { setTimeout as delay } from "node:timers/promises";
import type { Database, DatabaseSession } from "../db/database";
import { sql } from "../db/sql";
import { unavailable } from "../errors/app-error";
import { readCatalogue } from "./catalogue.read";
import { ContentError, sortProblems } from "./content.problem";
import type { Catalogue } from "./document.read";
import { checkLeftovers, findLeftovers, removeLessons, removeOthers, type Leftovers } from "./leftover.rows";
import { writeLessons } from "./lesson.write";
import { writeModules } from "./module.write";
import { tallyOf, type Tally, type WrittenEntities } from "./rows.write";
import { readStoredRows, type StoredRows } from "./stored.rows";
import { writeTools } from "./tool.write";
import { writeTopics } from "./topic.write";

/** Slugs in alphabetical order. */
export interface KindReport extends Tally {
  /** In the database, without a file, and still there. */
  missing: string[];
  /** Removed because they have no file. */
  pruned: string[];
}

export type ImportReport = Record<"topics" | "tools" | "modules" | "lessons", KindReport>;

export interface ImportOptions {
  /** Removes what has no file, with what users kept about it (progress, bookmarks). Left out: it stays and is reported. */
  prune?: boolean;
  /** `done` never falls and ends at `total`. */
  onProgress?: (done: number, total: number, label: string) => void;
}

const timeoutMs = 120_000;
/** Any number no other software is likely to lock; the migrations have the one before. */
const advisoryLock = 7_204_559_182n;
const steps = 6;

/**
 * Imports from `directory`. When nothing has changed, not one row is written. Of two imports at once, the second waits for the first.
 * @throws ContentError with every problem of every file; AppError SERVICE_UNAVAILABLE when the database cannot be had. Nothing was
 * written then.
 */
export async function importContent(
  database: Database,
  directory: string,
  { prune = false, onProgress }: ImportOptions = {},
): Promise<ImportReport> {
  let done = 0;
  let total = steps;
  const catalogue = await readCatalogue(directory, (read, files, file) => {
    done = read;
    total = files + steps;
    onProgress?.(done, total, file);
  });
  const beforeSteps = done;
  return database.transaction(
    async session => {
      done = beforeSteps;
      return writeCatalogue(session, catalogue, prune, label => onProgress?.(++done, total, label));
    },
    { timeoutMs },
  );
}

async function writeCatalogue(
  session: DatabaseSession,
  catalogue: Catalogue,
  prune: boolean,
  onStep: (label: string) => void,
): Promise<ImportReport> {
  const { models } = session;
  const now = new Date();
  await lockContent(session);
  const stored = await readStoredRows(models);
  const leftovers = findLeftovers(stored, catalogue);
  const obstacles = prune ? [] : checkLeftovers(stored, catalogue, leftovers);
  if (obstacles.length > 0) throw new ContentError(sortProblems(obstacles));
  onStep("reading the database");

  const tools = await writeTools(models, stored, catalogue.tools, now);
  onStep("writing tools");
  const topics = await writeTopics(models, stored, catalogue.topics, tools.ids, now);
  onStep("writing topics");
  const lessonsBefore = prune ? stored.lessons : withoutLeftovers(stored.lessons, leftovers.lessons);
  const modules = await writeModules(models, stored, lessonsBefore, catalogue.modules, topics.ids, now);
  onStep("writing modules");
  if (prune) await removeLessons(models, leftovers);
  const surroundings = {
    modules: catalogue.modules,
    topicIds: topics.ids,
    toolIds: tools.ids,
    moduleIds: modules.ids,
  };
  const lessons = await writeLessons(models, stored, catalogue.lessons, surroundings, now);
  onStep("writing lessons");
  if (prune) await removeOthers(models, leftovers);
  onStep("finishing");
  return reportOf({ topics, tools, modules, lessons }, leftovers, prune);
}

/** Until the end of the transaction. Asks again and again: waiting inside one statement would break off at the statement time-out. */
async function lockContent(session: DatabaseSession): Promise<void> {
  const deadline = Date.now() + timeoutMs / 2;
  for (;;) {
    const [row] = await session.query<{ locked: boolean }>(
      sql`SELECT pg_try_advisory_xact_lock(CAST(${advisoryLock} AS bigint)) AS "locked"`,
    );
    if (row?.locked) return;
    if (Date.now() > deadline) throw unavailable(new Error("another import of content holds its lock"));
    await delay(100);
  }
}

function withoutLeftovers(rows: StoredRows["lessons"], leftovers: Leftovers["lessons"]): StoredRows["lessons"] {
  const gone = new Set(leftovers.map(({ id }) => id));
  return rows.filter(({ id }) => !gone.has(id));
}

function reportOf(
  written: Record<keyof ImportReport, WrittenEntities>,
  leftovers: Leftovers,
  prune: boolean,
): ImportReport {
  const kind = (name: keyof ImportReport): KindReport => {
    const slugs = leftovers[name].map(({ slug }) => slug);
    return { ...tallyOf(written[name]), missing: prune ? [] : slugs, pruned: prune ? slugs : [] };
  };
  return { topics: kind("topics"), tools: kind("tools"), modules: kind("modules"), lessons: kind("lessons") };
}
