// Rules about the form of Markdown: headings, images, empty sections, addresses over http:, and the time that a lesson takes to read.
import type { Heading, Root } from "mdast";
import type { FieldPath } from "../content.problem";
import { lineOf, nodesOf } from "../markdown.check";
import { plainText } from "../markdown.text";
import type { Source } from "../source.model";
import { quoted, type Found } from "./health.finding";
import { linksOf, paragraphsOf, type MarkdownField } from "./source.texts";

export function* checkForm(source: Source, fields: readonly MarkdownField[]): Generator<Found> {
  for (const field of fields) {
    yield* checkHeadings(field);
    yield* checkImages(field);
    yield* checkTextUnderHeadings(field);
  }
  yield* checkSectionHeadings(source);
  yield* checkAddresses(source, fields);
  yield* checkReadingTime(source, fields);
}

const textOf = (heading: Heading) => plainText({ type: "root", children: [heading] });

/** Levels go down by one at a time, and two headings under the same one differ. */
function* checkHeadings({ path, level, tree }: MarkdownField): Generator<Found> {
  let above: { depth: number; text: string }[] = [];
  const seen = new Set<string>();
  for (const node of nodesOf(tree)) {
    if (node.type !== "heading") continue;
    const line = lineOf(node);
    const text = textOf(node);
    const place = { rule: "HEADINGS_OUT_OF_ORDER", path, line } as const;
    above = above.filter(({ depth }) => depth < node.depth);
    const parent = above.at(-1)?.depth ?? level;
    if (node.depth <= level) {
      const taken = node.depth === 1 ? "the title" : "the headings of sections";
      const message = `The heading ${quoted(text)} has level ${node.depth}, which is for ${taken}.`;
      yield { ...place, severity: "ERROR", message, remedy: `Give it level ${level + 1} or below.` };
    } else if (node.depth > parent + 1) {
      // The format itself wants level 2 for the first heading under a title.
      const severity = level === 1 && above.length === 0 && seen.size === 0 ? "ERROR" : "WARNING";
      const message = `The heading ${quoted(text)} has level ${node.depth} under one of level ${parent}.`;
      yield { ...place, severity, message, remedy: `Give it level ${parent + 1}.` };
    }
    above = [...above, { depth: node.depth, text: text.toLowerCase() }];
    const trail = JSON.stringify(above);
    if (seen.has(trail)) {
      yield {
        rule: "DUPLICATE_HEADING",
        severity: "WARNING",
        path,
        line,
        message: `The heading ${quoted(text)} stands there before.`,
      };
    }
    seen.add(trail);
  }
}

function* checkSectionHeadings({ kind, content }: Source): Generator<Found> {
  if (kind !== "topic") return;
  const headings = content.sections.map(({ heading }) => heading.trim().toLowerCase());
  for (const [index, { heading, body }] of content.sections.entries()) {
    if (headings.indexOf(heading.trim().toLowerCase()) < index) {
      const path = ["sections", index, "heading"];
      const message = `Another section before has the heading ${quoted(heading)}.`;
      yield { rule: "DUPLICATE_HEADING", severity: "WARNING", path, message };
    }
    if (body.trim() === "") {
      const path = ["sections", index, "body"];
      yield { rule: "EMPTY_SECTION", severity: "ERROR", path, message: `The section ${quoted(heading)} has no text.` };
    }
  }
}

const says =
  /^(?:an? )?(?:image|img|picture|photo|screenshot|figure|diagram|graphic)\W*$|^\S+\.(?:png|jpe?g|gif|svg|webp|avif)$/i;

function* checkImages({ path, tree }: MarkdownField): Generator<Found> {
  for (const node of nodesOf(tree)) {
    if (node.type !== "image" && node.type !== "imageReference") continue;
    const alt = node.alt?.trim() ?? "";
    const place = { rule: "MISSING_ALT_TEXT", path, line: lineOf(node) } as const;
    if (alt === "") yield { ...place, severity: "ERROR", message: "An image has no alternative text." };
    else if (says.test(alt)) {
      yield {
        ...place,
        severity: "WARNING",
        message: `The alternative text ${quoted(alt)} does not say what the image shows.`,
      };
    }
  }
}

function* checkTextUnderHeadings({ path, tree }: MarkdownField): Generator<Found> {
  const blocks = tree.children.filter(({ type }) => type !== "definition" && type !== "html");
  for (const [index, block] of blocks.entries()) {
    if (block.type !== "heading") continue;
    const next = blocks[index + 1];
    if (next && !(next.type === "heading" && next.depth <= block.depth)) continue;
    const message = `There is no text under the heading ${quoted(textOf(block))}.`;
    yield { rule: "EMPTY_SECTION", severity: "WARNING", path, line: lineOf(block), message };
  }
}

function* checkAddresses({ kind, content }: Source, fields: readonly MarkdownField[]): Generator<Found> {
  const insecure = (url: string, path: FieldPath, line?: number): Found[] =>
    /^http:\/\/(?!localhost\b|127\.0\.0\.1\b)/i.test(url)
      ? [
          {
            rule: "INSECURE_LINK",
            severity: "WARNING",
            path,
            ...(line === undefined ? {} : { line }),
            message: `The address ${quoted(url)} is not protected on its way.`,
          },
        ]
      : [];
  for (const { path, tree } of fields) for (const { url, line } of linksOf(tree)) yield* insecure(url, path, line);
  if (kind === "tool") yield* insecure(content.website, ["website"]);
  const sourced = kind === "tool" ? content : kind === "topic" ? { facts: content.facts } : {};
  for (const [list, entries] of Object.entries({
    facts: sourced.facts,
    plans: "plans" in sourced ? sourced.plans : [],
  })) {
    for (const [index, { source }] of (entries ?? []).entries()) {
      yield* insecure(source.url ?? "", [list, index, "source", "url"]);
    }
  }
}

/** How fast the quick read; lessons are also there to be tried out, so that they may take several times as long. */
const wordsPerMinute = 200;
const codeLinesPerMinute = 15;
const mostTimes = 4;
const spareMinutes = 5;

function* checkReadingTime({ kind, content }: Source, fields: readonly MarkdownField[]): Generator<Found> {
  if (kind !== "lesson") return;
  const minutes = fields.reduce((sum, { tree }) => sum + readingMinutes(tree), 0);
  const [least, most] = [Math.max(1, Math.floor(minutes)), Math.ceil(minutes * mostTimes) + spareMinutes];
  const { durationMinutes } = content;
  if (durationMinutes >= least && durationMinutes <= most) return;
  const message = `${durationMinutes} minutes are given for a text that is read in about ${Math.max(1, Math.round(minutes))}.`;
  const remedy = `Set durationMinutes to between ${least} and ${most}, or change the length of the text.`;
  yield { rule: "READING_TIME", severity: "WARNING", path: ["durationMinutes"], message, remedy };
}

function readingMinutes(tree: Root): number {
  const words = paragraphsOf(tree).reduce((sum, { text }) => sum + text.split(" ").length, 0);
  const codeLines = [...nodesOf(tree)].reduce(
    (sum, node) => (node.type === "code" ? sum + node.value.split("\n").length : sum),
    0,
  );
  return words / wordsPerMinute + codeLines / codeLinesPerMinute;
}
