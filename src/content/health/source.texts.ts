// The texts of a source, as the rules of health look at them: its Markdown with where it stands, its plain texts, its links and paragraphs.
import type { Nodes, Root } from "mdast";
import type { FieldPath } from "../content.problem";
import { definitionsOf, lineOf, nodesOf } from "../markdown.check";
import { loadMarkdown } from "../markdown.pipeline";
import type { Source } from "../source.model";

export interface MarkdownField {
  path: FieldPath;
  /** The level of the heading above the text: 1 for a title, 2 for the heading of a section. */
  level: 1 | 2;
  tree: Root;
}

export interface PlainField {
  path: FieldPath;
  text: string;
  /** The tool it is about; left out when it is about the whole. */
  tool?: string;
}

export interface Link {
  url: string;
  line: number;
}

/** A paragraph, a heading or the row of a table. */
export interface Paragraph {
  /** Without code. */
  text: string;
  line: number;
  links: readonly Link[];
}

/** Markdown that is nested too deep to be parsed is left out; it cannot be published anyway. */
export async function markdownFields(source: Source): Promise<MarkdownField[]> {
  const { parse } = await loadMarkdown();
  return bodiesOf(source).flatMap(({ path, level, text }) => {
    try {
      return [{ path, level, tree: parse(text) }];
    } catch (error) {
      if (error instanceof RangeError) return [];
      throw error;
    }
  });
}

function bodiesOf({ kind, content }: Source): { path: FieldPath; level: 1 | 2; text: string }[] {
  switch (kind) {
    case "topic":
      return content.sections.map(({ body }, index) => ({ path: ["sections", index, "body"], level: 2, text: body }));
    case "tool":
      return [{ path: ["description"], level: 1, text: content.description }];
    case "module":
      return [];
    case "lesson":
      return [{ path: ["body"], level: 1, text: content.body }];
  }
}

export function plainFields({ kind, content }: Source): PlainField[] {
  switch (kind) {
    case "topic": {
      const { summary, seo, callToAction, tools } = content;
      return [
        { path: ["summary"], text: summary },
        { path: ["seo", "description"], text: seo.description },
        ...(callToAction
          ? [
              { path: ["callToAction", "headline"], text: callToAction.headline },
              { path: ["callToAction", "body"], text: callToAction.body },
            ]
          : []),
        ...tools.map(({ tool, blurb }, index) => ({ path: ["tools", index, "blurb"], text: blurb, tool })),
      ];
    }
    case "tool":
      return [{ path: ["tagline"], text: content.tagline }];
    case "module":
    case "lesson":
      return [{ path: ["summary"], text: content.summary }];
  }
}

/** In the order of the text. */
export function linksOf(tree: Root): Link[] {
  return linksWithin(tree, definitionsOf(tree));
}

export function paragraphsOf(tree: Root): Paragraph[] {
  const definitions = definitionsOf(tree);
  return [...nodesOf(tree)]
    .filter(({ type }) => type === "paragraph" || type === "heading" || type === "tableRow")
    .map(node => ({ text: proseOf(node), line: lineOf(node), links: linksWithin(node, definitions) }));
}

function linksWithin(within: Nodes, definitions: ReturnType<typeof definitionsOf>): Link[] {
  return [...nodesOf(within)].flatMap(node => {
    if (node.type === "link") return [{ url: node.url, line: lineOf(node) }];
    if (node.type !== "linkReference") return [];
    const url = definitions.get(node.identifier)?.url;
    return url === undefined ? [] : [{ url, line: lineOf(node) }];
  });
}

/** The text of a node as it reads, code left out. */
function proseOf(node: Nodes): string {
  return [...nodesOf(node)]
    .map(inner => (inner.type === "text" ? inner.value : inner.type === "tableCell" ? " " : ""))
    .join("")
    .replace(/\s+/g, " ")
    .trim();
}
