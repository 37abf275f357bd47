// Highlights as ranges of plain text: from the database's markers, or, for a misspelt word, from what looks like it.
import { markers, standIns } from "./search.rows";
import type { SearchField } from "./search.type";

export interface Range {
  start: number;
  length: number;
}

export interface Highlight {
  field: SearchField;
  text: string;
  ranges: Range[];
}

export type MarkedTexts = Readonly<Record<SearchField, string>>;

const maxRanges = 100;

/** The texts in which something was found; the words of the title that look like those of `query`, where nothing was. */
export function highlightsOf(texts: MarkedTexts, query: string, isExact: boolean): Highlight[] {
  const found = (Object.keys(texts) as SearchField[])
    .map(field => ({ field, ...readMarkers(texts[field]) }))
    .filter(({ ranges }) => ranges.length > 0);
  if (isExact || found.some(({ field }) => field === "TITLE")) return found;
  const { text } = readMarkers(texts.TITLE);
  const ranges = similarWords(text, query);
  return ranges.length > 0 ? [{ field: "TITLE", text, ranges }, ...found] : found;
}

/** Text between markers becomes ranges of the text without them; what stood in for markup is put back. */
export function readMarkers(marked: string): { text: string; ranges: Range[] } {
  let text = "";
  const ranges: Range[] = [];
  const original = marked.replace(/[\ue000-\ue002]/g, letter => standIns[letter as keyof typeof standIns]);
  for (const piece of original.split(markers.start)) {
    const [inside = "", outside] = piece.split(markers.stop, 2);
    if (outside !== undefined && ranges.length < maxRanges) ranges.push({ start: text.length, length: inside.length });
    text += inside + (outside ?? "");
  }
  return { text, ranges };
}

function similarWords(text: string, query: string): Range[] {
  const wanted = wordsOf(query).map(({ word }) => trigrams(word));
  return wordsOf(text)
    .filter(({ word }) => wanted.some(grams => similarity(grams, trigrams(word)) >= 0.3))
    .slice(0, maxRanges)
    .map(({ word, start }) => ({ start, length: word.length }));
}

function wordsOf(text: string): { word: string; start: number }[] {
  return [...text.matchAll(/[\p{L}\p{N}]+/gu)].map(match => ({ word: match[0], start: match.index }));
}

/** As pg_trgm makes them: of the word in lower case, two spaces before and one after. */
function trigrams(word: string): ReadonlySet<string> {
  const letters = Array.from(`  ${word.toLowerCase()} `);
  return new Set(letters.slice(2).map((_, index) => letters.slice(index, index + 3).join("")));
}

function similarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter(gram => b.has(gram)).length;
  return shared / (a.size + b.size - shared);
}
