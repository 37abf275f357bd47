// What a source names, and how those names are changed when something gets another address.
import type { Nodes } from "mdast";
import { nodesOf } from "./markdown.check";
import type { ReferenceKind } from "./markdown.links";
import type { MarkdownPipeline } from "./markdown.pipeline";
import type { ContentKind } from "./content.files";
import { normalForm, type Source, type SourceOf } from "./source.model";

/** The address that an entity has now, for one that it may have had before. */
export type AddressOf = (kind: ContentKind, slug: string) => string;

/** The same source with every name of another entity, in keys and in links, replaced by its present address. */
export function renameReferences(source: Source, addressOf: AddressOf, markdown: MarkdownPipeline): Source {
  const names = namesOf(addressOf, markdown);
  const renamed = <Kind extends ContentKind>(kind: Kind, content: SourceOf[Kind]) =>
    normalForm(kind, renamers[kind](content, names));
  switch (source.kind) {
    case "topic":
      return { ...source, content: renamed("topic", source.content) };
    case "tool":
      return { ...source, content: renamed("tool", source.content) };
    case "module":
      return { ...source, content: renamed("module", source.content) };
    case "lesson":
      return { ...source, content: renamed("lesson", source.content) };
  }
}

interface Names {
  one(kind: ContentKind, slug: string): string;
  /** Each once, where two have become one. */
  each(kind: ContentKind, slugs: readonly string[] | undefined): string[];
  text(markdown: string): string;
}

const renamers: { [Kind in ContentKind]: (content: SourceOf[Kind], names: Names) => SourceOf[Kind] } = {
  topic: (content, { one, text }) => ({
    ...content,
    tools: uniqueBy(
      content.tools.map(entry => ({ ...entry, tool: one("tool", entry.tool) })),
      ({ tool }) => tool,
    ),
    sections: content.sections.map(section => ({ ...section, body: text(section.body) })),
  }),
  tool: (content, { text }) => ({ ...content, description: text(content.description) }),
  module: (content, { one, each }) => ({
    ...content,
    topic: one("topic", content.topic),
    lessons: each("lesson", content.lessons),
  }),
  lesson: (content, { one, each, text }) => ({
    ...content,
    topics: each("topic", content.topics),
    tools: each("tool", content.tools),
    ...(content.guideTo === undefined ? {} : { guideTo: one("tool", content.guideTo) }),
    prerequisites: each("lesson", content.prerequisites),
    body: text(content.body),
  }),
};

function namesOf(addressOf: AddressOf, markdown: MarkdownPipeline): Names {
  return {
    one: addressOf,
    each: (kind, slugs = []) => [...new Set(slugs.map(slug => addressOf(kind, slug)))],
    text: text => renameLinks(text, addressOf, markdown),
  };
}

/** Only the addresses change, character by character as they stand; all else stays as it was written. */
function renameLinks(text: string, addressOf: AddressOf, { parse }: MarkdownPipeline): string {
  if (!/\b(tool|topic|lesson):/.test(text)) return text;
  const edits = [...nodesOf(parse(text))].flatMap(node => linkEdit(text, node, addressOf));
  // From the end, so that the places before stay right.
  return edits
    .sort((a, b) => b.start - a.start)
    .reduce((result, { start, end, address }) => result.slice(0, start) + address + result.slice(end), text);
}

function linkEdit(text: string, node: Nodes, addressOf: AddressOf): { start: number; end: number; address: string }[] {
  if (node.type !== "link" && node.type !== "definition") return [];
  const [, kind, slug] = /^(tool|topic|lesson):(.+)$/.exec(node.url) ?? [];
  const [start, end] = [node.position?.start.offset, node.position?.end.offset];
  if (kind === undefined || slug === undefined || start === undefined || end === undefined) return [];
  const address = `${kind}:${addressOf(kind as ReferenceKind, slug)}`;
  // The address stands behind the text of a link, so its last occurrence is meant.
  const at = text.slice(start, end).lastIndexOf(node.url);
  return at === -1 || address === node.url ? [] : [{ start: start + at, end: start + at + node.url.length, address }];
}

function uniqueBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map([...items].reverse().map(item => [keyOf(item), item])).values()].reverse();
}
