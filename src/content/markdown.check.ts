// Checks one piece of Markdown for itself: headings, links, images. Whether what a link names exists is checked over all files.
import type { Definition, Nodes, Root } from "mdast";
import { linkCountPhrase, mostLinks } from "./markdown.limits";
import { imagePhrase, isImageSource, linkPhrase, linkTarget, type ReferenceKind } from "./markdown.links";

export interface MarkdownProblem {
  /** From 1, within the Markdown. */
  line: number;
  expected: string;
}

/** A link to a tool, topic or lesson. */
export interface MarkdownReference {
  kind: ReferenceKind;
  slug: string;
  line: number;
}

export interface MarkdownCheck {
  problems: MarkdownProblem[];
  /** In the order of the text, repeated as often as they are there. */
  references: MarkdownReference[];
}

/** Of what has too many links and images, those up to the first too many. */
export function checkMarkdown(tree: Root): MarkdownCheck {
  const problems: MarkdownProblem[] = [];
  const references: MarkdownReference[] = [];
  const definitions = definitionsOf(tree);
  let isFirstHeading = true;
  let linkCount = 0;

  const checkLink = (url: string, line: number) => {
    const target = linkTarget(url);
    if (!target) problems.push({ line, expected: `${linkPhrase}; not ${quoted(url)}` });
    else if (target.reference) references.push({ ...target.reference, line });
  };
  const checkImage = (url: string, alt: string | null | undefined, line: number) => {
    if (!isImageSource(url)) problems.push({ line, expected: `${imagePhrase}; not ${quoted(url)}` });
    if (!alt?.trim())
      problems.push({ line, expected: "a text between the brackets of an image that says what it shows" });
  };

  for (const node of nodesOf(tree)) {
    const line = lineOf(node);
    if (/^(?:link|image)/.test(node.type) && ++linkCount > mostLinks) {
      problems.push({ line, expected: linkCountPhrase });
      break;
    }
    if (node.type === "heading") {
      if (node.depth === 1) problems.push({ line, expected: "no level-1 heading, because the title is the heading" });
      else if (isFirstHeading && node.depth > 2) problems.push({ line, expected: "level 2 for the first heading" });
      isFirstHeading = false;
    } else if (node.type === "link") checkLink(node.url, line);
    else if (node.type === "image") checkImage(node.url, node.alt, line);
    else if (node.type === "linkReference") checkLink(definitions.get(node.identifier)?.url ?? "", line);
    else if (node.type === "imageReference") checkImage(definitions.get(node.identifier)?.url ?? "", node.alt, line);
  }
  return { problems, references };
}

/** All nodes in the order of the text. Without recursion: nesting may be deep. */
export function* nodesOf(tree: Nodes): Generator<Nodes> {
  const pending: Nodes[] = [tree];
  for (let node = pending.pop(); node; node = pending.pop()) {
    yield node;
    if ("children" in node) pending.push(...[...node.children].reverse());
  }
}

/** By identifier; of several for one identifier the first counts, as CommonMark has it. */
export function definitionsOf(tree: Root): Map<string, Definition> {
  const found = [...nodesOf(tree)].filter((node): node is Definition => node.type === "definition");
  return new Map(found.reverse().map(definition => [definition.identifier, definition]));
}

export function lineOf(node: Nodes): number {
  return node.position?.start.line ?? 1;
}

function quoted(url: string): string {
  return `“${url.length > 60 ? `${url.slice(0, 60)}…` : url}”`;
}
