// Cuts the text of a topic into its sections: each runs from one level-2 heading to the next.
import type { Heading, Nodes, Root } from "mdast";
import { definitionsOf, lineOf, nodesOf, type MarkdownProblem } from "./markdown.check";
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

/** As it is where it reads as it is; else with a backslash before everything that Markdown may take for its own. */
function headingMarkdown(heading: string, parse: (markdown: string) => Root): string {
  const [node] = parse(`## ${heading}`).children;
  const isPlain = node !== undefined && isSectionHeading(node) && headingText(node) === heading;
  return isPlain ? heading : heading.replace(/[!-/:-@[-`{-~]/g, "\\$&");
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
