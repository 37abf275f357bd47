// Cuts the text of a topic into its sections: each runs from one level-2 heading to the next.
import type { Heading, Nodes, Root } from "mdast";
import { isStorableText } from "../db/stored-values";
import { storablePhrase } from "./content.rules";
import { definitionsOf, lineOf, nodesOf, type MarkdownProblem } from "./markdown.check";
import { limitPhrase } from "./markdown.limits";
import { plainText } from "./markdown.text";

export interface SectionText {
  heading: string;
  /** From 1, within the whole text. */
  line: number;
  /** Without the heading. */
  markdown: string;
}

/** @param tree the parsed `markdown`. */
export function splitSections(markdown: string, tree: Root): SectionText[] {
  const headings = tree.children.filter(isSectionHeading);
  return headings.map((heading, index) => ({
    heading: headingText(heading),
    line: lineOf(heading),
    // Blank lines go, spaces at the start of a line stay: they may make it code.
    markdown: markdown
      .slice(endOf(heading), headings[index + 1]?.position?.start.offset)
      .replace(/^([ \t]*\n)+/, "")
      .trimEnd(),
  }));
}

/** The text of the file: each section under its heading. What `splitSections` gives back, unless a section does not end what it begins. */
export function joinSections(
  sections: readonly { heading: string; body: string }[],
  { parse }: { parse(markdown: string): Root },
): string {
  return sections.map(({ heading, body }) => `## ${headingMarkdown(heading, parse)}\n\n${body}`).join("\n\n");
}

/**
 * As it is where it reads as it is; else with a backslash before everything that Markdown may take for its own. Whether brackets are a
 * link depends on the rest of the text.
 */
function headingMarkdown(heading: string, parse: (markdown: string) => Root): string {
  const isPlain = !heading.includes("[") && readHeading(heading, parse) === heading;
  return isPlain ? heading : heading.replace(/[!-/:-@[-`{-~]/g, "\\$&");
}

/** What a heading written as it is says; undefined when it is no heading. */
function readHeading(heading: string, parse: (markdown: string) => Root): string | undefined {
  try {
    const [node] = parse(`## ${heading}`).children;
    return node && isSectionHeading(node) ? headingText(node) : undefined;
  } catch (error) {
    // Too much of what looks like Markdown; no heading that the rules allow is as long.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Why `body` alone could not stand under a heading with another section after it: the text of the file would not give it back. */
export function checkSectionBody(
  body: string,
  isLast: boolean,
  { parse }: { parse(markdown: string): Root },
): MarkdownProblem | undefined {
  if (!isStorableText(body)) return { line: 1, expected: storablePhrase };
  try {
    const heading = parse(body).children.find(isSectionHeading);
    if (heading) return { line: lineOf(heading), expected: "no level-2 heading, because it begins another section" };
    const last = isLast ? undefined : parse(`${body}\n\n## End`).children.at(-1);
    return last === undefined || isSectionHeading(last)
      ? undefined
      : { line: lineOf(last), expected: "the end of what begins here, a code block or HTML, before the next section" };
  } catch (error) {
    if (error instanceof RangeError) return { line: 1, expected: limitPhrase(error) };
    throw error;
  }
}

/** What would be lost or would change its meaning when the text is cut. */
export function checkSectionText(tree: Root, sections: readonly SectionText[]): MarkdownProblem[] {
  const problems: MarkdownProblem[] = [];
  const [first] = tree.children;
  if (first && !isSectionHeading(first)) {
    problems.push({ line: lineOf(first), expected: "a level-2 heading before the first text" });
  }
  for (const section of sections) {
    if (section.markdown === "")
      problems.push({ line: section.line, expected: `text under the heading “${section.heading}”` });
  }
  const sectionAt = (line: number) => sections.findLastIndex(section => section.line <= line);
  const definitions = definitionsOf(tree);
  for (const node of nodesOf(tree)) {
    const line = lineOf(node);
    if (node.type === "heading" && node.depth === 2 && !tree.children.includes(node)) {
      problems.push({ line, expected: "no level-2 heading inside a list or a quotation" });
    }
    if (node.type === "linkReference" || node.type === "imageReference") {
      const definition = definitions.get(node.identifier);
      if (definition && sectionAt(lineOf(definition)) !== sectionAt(line)) {
        problems.push({ line, expected: `the definition [${node.label ?? node.identifier}] in the same section` });
      }
    }
  }
  return problems;
}

function isSectionHeading(node: Nodes): node is Heading {
  return node.type === "heading" && node.depth === 2;
}

function headingText(heading: Heading): string {
  return plainText({ type: "root", children: [heading] });
}

function endOf(heading: Heading): number {
  return heading.position?.end.offset ?? 0;
}
