// Brings the content files to what is live in the database: one snapshot of it, each file whole, only those that say something else.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Database, DatabaseSession } from "../db/database";
import { contentKinds, fileOf, findOldContent, readContent, writeContent, type ContentFile } from "./content.files";
import { ContentError, compareText, sortProblems } from "./content.problem";
import { readDocument } from "./document.read";
import { fileText } from "./file.write";
import { readLiveScope, readLiveSources } from "./live.read";
import { loadMarkdown, type MarkdownPipeline } from "./markdown.pipeline";
import type { Tally } from "./rows.write";
import type { Source } from "./source.model";

/** Slugs in alphabetical order. */
export interface ExportTally extends Tally {
  /** Files of what is not live, and still there. */
  extra: string[];
  /** Files that were removed because what they hold is not live. */
  removed: string[];
}

export type ExportReport = Record<"topics" | "tools" | "modules" | "lessons", ExportTally>;

export interface ExportOptions {
  /** Removes the files of what is not live. Left out: they stay and are reported. */
  prune?: boolean;
  /** `done` never falls and ends at `total`. */
  onProgress?: (done: number, total: number, label: string) => void;
}

/** A large catalogue is written while it is read. */
const timeoutMs = 3_600_000;
/** How many texts are in memory at once. */
const portion = 100;

/**
 * Exports into `directory`, which is made when it is not there. A file that says the same already stays as it is, however it is written.
 * @throws ContentError when there is something else in the directory, or nothing live to write; no file was touched then. AppError
 * SERVICE_UNAVAILABLE when the database cannot be had; each file is whole then, and the next export completes them.
 */
export async function exportContent(
  database: Database,
  directory: string,
  { prune = false, onProgress }: ExportOptions = {},
): Promise<ExportReport> {
  const { files, problems } = await findOldContent(directory);
  if (problems.length > 0) throw new ContentError(sortProblems(problems), "exported");
  const old = new Map(files.map(found => [found.file, found]));
  const report: ExportReport = { topics: noFiles(), tools: noFiles(), modules: noFiles(), lessons: noFiles() };
  const markdown = await loadMarkdown();

  await database.transaction(
    async session => {
      for await (const { source, done, total } of liveSources(session, directory)) {
        const file = fileOf(source.kind, source.slug);
        const outcome = await writeSource(directory, source, old.has(file), markdown);
        report[`${source.kind}s`][outcome].push(source.slug);
        old.delete(file);
        onProgress?.(done, total, file);
      }
    },
    { timeoutMs, snapshot: true },
  );
  for (const { kind, slug, file } of old.values()) {
    if (prune) await rm(join(directory, file));
    report[`${kind}s`][prune ? "removed" : "extra"].push(slug);
  }
  for (const slugs of Object.values(report).flatMap(tally => Object.values(tally) as string[][]))
    slugs.sort(compareText);
  return report;
}

async function* liveSources(session: DatabaseSession, directory: string) {
  const scope = await readLiveScope(session);
  const total = contentKinds.reduce((sum, kind) => sum + scope[kind].length, 0);
  if (total === 0) {
    const expected = "something live in the database to write there; there is nothing";
    throw new ContentError([{ file: directory, line: 1, field: "file", expected }], "exported");
  }
  let done = 0;
  for (const kind of contentKinds) {
    for (let start = 0; start < scope[kind].length; start += portion) {
      const sources = await readLiveSources(session, { [kind]: scope[kind].slice(start, start + portion) });
      for (const { source } of sources) yield { source, done: ++done, total };
    }
  }
}

async function writeSource(
  directory: string,
  source: Source,
  isThere: boolean,
  markdown: MarkdownPipeline,
): Promise<keyof Tally> {
  const { kind, slug } = source;
  const found = { kind, slug, file: fileOf(kind, slug) };
  const text = await fileText(source, markdown);
  if (isThere && (await says(directory, found, source, text))) return "unchanged";
  await writeContent(directory, found.file, text);
  return isThere ? "updated" : "created";
}

async function says(directory: string, found: ContentFile, source: Source, text: string): Promise<boolean> {
  const before = await readContent(directory, found.file);
  if (before.text === text) return true;
  const document = await readDocument(directory, found);
  return isDeepStrictEqual(document.source, source);
}

function noFiles(): ExportTally {
  return { created: [], updated: [], unchanged: [], extra: [], removed: [] };
}
