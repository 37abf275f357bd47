// Refuses Markdown that would keep the parser busy for seconds: its time grows with the square of the nesting, and each link takes a while.

/** Quotations and list items that may be opened on one line. */
const mostMarkers = 100;
/** Runs of `*`, `_` and `~` between two blank lines. */
const mostEmphasisRuns = 1_000;

/** Links and images in one text. */
export const mostLinks = 1_000;
/** What may begin a link or an image, or turn out to be code or a bracket. */
const mostLinkOpenings = 5_000;

/** What is expected instead, for a problem. */
export const linkCountPhrase = `at most ${mostLinks.toLocaleString("en")} links and images in one text`;
const nestingPhrase = "Markdown that is nested less deep";

class TooManyLinks extends RangeError {}

/** What is expected instead of Markdown that was refused with this error. */
export function limitPhrase(error: RangeError): string {
  return error instanceof TooManyLinks ? linkCountPhrase : nestingPhrase;
}

/** Before it is parsed. @throws RangeError, like the parser itself when its stack is exhausted; `limitPhrase` tells what it means. */
export function assertParsable(markdown: string): void {
  if ((markdown.match(/\[|:\/\/|www\.|@/gi)?.length ?? 0) > mostLinkOpenings) throw new TooManyLinks("too many links");
  for (const [opening] of markdown.matchAll(/^(?:[ \t]*(?:[>*+-]|\d{1,9}[.)]))+/gm)) {
    if ((opening.match(/[>*+-]|\d+/g)?.length ?? 0) > mostMarkers)
      throw new RangeError("too many list or quotation markers on a line");
  }
  for (const block of markdown.split(/\n[ \t]*\n/)) {
    if ((block.match(/\*+|_+|~+/g)?.length ?? 0) > mostEmphasisRuns)
      throw new RangeError("too much emphasis in a paragraph");
  }
}
