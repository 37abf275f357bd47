// Brings the database to what the content files say: all of it in one transaction, or nothing. Writes only what differs.
import type { Database, DatabaseSession } from "../db/database";
import { checkAddresses, followRenames, writeFormerAddresses } from "./address.import";
import { readCatalogue, type CatalogueReading } from "./catalogue.read";
import { writeDocuments, type KnownIds, type Written } from "./catalogue.write";
import { contentKinds, type ContentKind } from "./content.files";
import { lockContent } from "./content.lock";
import { ContentError, sortProblems } from "./content.problem";
import type { Catalogue, ContentOrigin } from "./document.read";
import { checkLeftovers, findLeftovers, removeLessons, removeOthers, type Leftovers } from "./leftover.rows";
import { promisedIds, recordPublications, recordWithdrawals, withoutPublication } from "./revision.write";
import { idIn, tallyOf, type Tally } from "./rows.write";
import type { Source } from "./source.model";
import { readStoredRows, type StoredRows } from "./stored.rows";

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
  const reading = await readCatalogue(directory, (read, files, file) => {
    done = read;
    total = files + steps;
    onProgress?.(done, total, file);
  });
  const beforeSteps = done;
  return database.transaction(
    async session => {
      done = beforeSteps;
      return writeCatalogue(session, reading, prune, label => onProgress?.(++done, total, label));
    },
    { timeoutMs },
  );
}

async function writeCatalogue(
  session: DatabaseSession,
  { catalogue, sources }: CatalogueReading,
  prune: boolean,
  onStep: (label: string) => void,
): Promise<ImportReport> {
  const { models } = session;
  await lockContent(session, timeoutMs / 2);
  await followRenames(session, catalogue);
  const stored = await readStoredRows(models);
  const leftovers = findLeftovers(stored, catalogue);
  const obstacles = [
    ...(await checkAddresses(session, catalogue, prune)),
    ...(prune ? [] : checkLeftovers(stored, catalogue, leftovers)),
  ];
  if (obstacles.length > 0) throw new ContentError(sortProblems(obstacles));
  await promiseIds(session, stored, catalogue);
  onStep("reading the database");

  const written = await writeDocuments(session, stored, catalogue, {
    known: nothingElse,
    unlisted: prune ? [] : leftovers.lessons.map(({ id }) => id),
    emptied: leftovers.modules.map(({ id }) => id),
    beforeLessons: async () => {
      if (prune) await removeLessons(models, leftovers);
    },
    onStep,
  });
  if (prune) await removeOthers(models, leftovers);
  await writeFormerAddresses(session, catalogue, written);
  await recordImport(session, sources, written, prune ? leftovers : undefined);
  onStep("finishing");
  return reportOf(written, leftovers, prune);
}

/** Files name each other only. */
const nothingElse: KnownIds = { topic: new Map(), tool: new Map(), module: new Map(), lesson: new Map() };

/** Entities that were live once, or have drafts, come back under their ids. */
async function promiseIds(session: DatabaseSession, stored: StoredRows, catalogue: Catalogue): Promise<void> {
  for (const kind of contentKinds) {
    const live = new Set(stored[`${kind}s`].map(({ slug }) => slug));
    const fresh = (catalogue[`${kind}s`] as ContentOrigin[]).filter(({ slug }) => !live.has(slug));
    const ids = await promisedIds(
      session,
      kind,
      fresh.map(({ slug }) => slug),
    );
    for (const document of fresh) {
      const id = ids.get(document.slug);
      if (id !== undefined) document.id = id;
    }
  }
}

/** One revision for each entity that was written, and for each that has none yet. */
async function recordImport(
  session: DatabaseSession,
  sources: readonly Source[],
  written: Written,
  pruned: Leftovers | undefined,
): Promise<void> {
  for (const kind of contentKinds) {
    if (pruned) await recordWithdrawals(session, kind, pruned[`${kind}s`].map(({ id }) => id)); // prettier-ignore
    const { ids, created, updated } = written[kind];
    const unrecorded = await withoutPublication(session, kind, [...ids.values()]);
    const publications = sources
      .filter(source => source.kind === kind)
      .map(source => ({ id: idIn(ids, source.slug), source }))
      .filter(({ id }) => created.has(id) || updated.has(id) || unrecorded.has(id));
    await recordPublications(session, publications, importer, "");
  }
}

const importer = { id: null, name: "import" };

function reportOf(written: Written, leftovers: Leftovers, prune: boolean): ImportReport {
  const reportKind = (kind: ContentKind): KindReport => {
    const slugs = leftovers[`${kind}s`].map(({ slug }) => slug);
    return { ...tallyOf(written[kind]), missing: prune ? [] : slugs, pruned: prune ? slugs : [] };
  };
  return {
    topics: reportKind("topic"),
    tools: reportKind("tool"),
    modules: reportKind("module"),
    lessons: reportKind("lesson"),
  };
}
