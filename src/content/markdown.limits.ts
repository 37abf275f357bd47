// Refuses Markdown that would keep the parser busy for seconds: its time grows with the square of the nesting.

/** Quotations and list items that may be opened on one line. */
const mostMarkers = 100;
/** Runs of `*`, `_` and `~` between two blank lines. */
const mostEmphasisRuns = 1_000;

/** What is expected instead, for a problem. */
export const nestingPhrase = "Markdown that is nested less deep";

/** @throws RangeError, like the parser itself when its stack is exhausted. */
export function assertShallow(markdown: string): void {
  for (const [opening] of markdown.matchAll(/^(?:[ \t]*(?:[>*+-]|\d{1,9}[.)]))+/gm)) {
    if ((opening.match(/[>*+-]|\d+/g)?.length ?? 0) > mostMarkers)
      throw new RangeError("too many list or quotation markers on a line");
  }
  for (const block of markdown.split(/\n[ \t]*\n/)) {
    if ((block.match(/\*+|_+|~+/g)?.length ?? 0) > mostEmphasisRuns)
      throw new RangeError("too much emphasis in a paragraph");
  }
}
