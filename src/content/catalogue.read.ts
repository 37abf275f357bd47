// Reads and checks the whole content directory. Touches no database.
import { checkCatalogue } from "./catalogue.check";
import { ContentError, sortProblems, type ContentProblem } from "./content.problem";
import { findContent } from "./content.files";
import { readDocument, type Catalogue, type ContentDocument } from "./document.read";
import type { Source } from "./source.model";

export interface CatalogueReading {
  files: number;
  /** Sorted by file and line; empty when everything is right. */
  problems: ContentProblem[];
  /** Empty when there are problems, like `sources`. */
  catalogue: Catalogue;
  /** What each document says, in its normal form. */
  sources: Source[];
}

/** Told after each file. */
export type ReadingListener = (done: number, total: number, file: string) => void;

/** @throws ContentError with every problem of every file. */
export async function readCatalogue(directory: string, onProgress?: ReadingListener): Promise<CatalogueReading> {
  const reading = await readContentDirectory(directory, onProgress);
  if (reading.problems.length > 0) throw new ContentError(reading.problems);
  return reading;
}

export async function readContentDirectory(directory: string, onProgress?: ReadingListener): Promise<CatalogueReading> {
  const { files, problems } = await findContent(directory);
  const documents: ContentDocument[] = [];
  // One after the other: parsing keeps the processor busy anyway, and the event loop gets its turn after each file.
  for (const file of files) {
    documents.push(await readDocument(directory, file));
    onProgress?.(documents.length, files.length, file.file);
  }
  problems.push(...documents.flatMap(document => document.problems), ...checkCatalogue(documents));
  const isSound = problems.length === 0;
  return {
    files: files.length,
    problems: sortProblems(problems),
    catalogue: catalogueOf(isSound ? documents : []),
    sources: isSound ? documents.flatMap(({ source }) => source ?? []) : [],
  };
}

/** What sound documents say, ready to be written. */
export function catalogueOf(documents: readonly ContentDocument[]): Catalogue {
  const catalogue: Catalogue = { topics: [], tools: [], modules: [], lessons: [] };
  for (const document of documents) document.addTo?.(catalogue);
  return catalogue;
}
