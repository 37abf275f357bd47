// Markdown in, tree and sanitised HTML out. Loads unified and its plugins on first use: they are many files, and a server that only
// reads never needs them.
import type { Element, Nodes as HtmlNodes, Root as HtmlRoot } from "hast";
import { LRUCache } from "lru-cache";
import type { Root } from "mdast";
import { assertParsable } from "./markdown.limits";
import { isImageSource, linkTarget } from "./markdown.links";
import { plainText } from "./markdown.text";

export interface RenderedMarkdown {
  markdown: string;
  /** Safe to put into a page as it is. */
  html: string;
  text: string;
}

export interface MarkdownPipeline {
  /**
   * CommonMark with tables, task lists and strikethrough. The tree may be another caller's too, and is not to be changed.
   * @throws RangeError for nesting that is too deep, and for far too many links; see markdown.limits.ts
   */
  parse(markdown: string): Root;
  /**
   * Raw HTML, unknown links and whatever could run are gone from `html`; links to content lead to its pages. The same text gives the same
   * result, always. @throws RangeError like `parse`.
   */
  render(markdown: string): RenderedMarkdown;
}

/** As much as one document has, with its sections for themselves. */
const mostRemembered = { texts: 100, characters: 500_000 };

let pipeline: Promise<MarkdownPipeline> | undefined;

export function loadMarkdown(): Promise<MarkdownPipeline> {
  return (pipeline ??= createPipeline());
}

async function createPipeline(): Promise<MarkdownPipeline> {
  const [{ unified }, parse, gfm, toHtmlTree, sanitize, stringify] = await Promise.all([
    import("unified"),
    import("remark-parse").then(module => module.default),
    import("remark-gfm").then(module => module.default),
    import("remark-rehype").then(module => module.default),
    import("rehype-sanitize").then(module => module.default),
    import("rehype-stringify").then(module => module.default),
  ]);
  const parser = unified().use(parse).use(gfm).data("micromarkExtensions", [withoutFootnotes]).freeze();
  const transformer = unified()
    .use(toHtmlTree)
    .use(() => applyLinkPolicy)
    .use(sanitize, allowed)
    .use(() => markExternalLinks)
    .use(stringify)
    .freeze();
  const parseText = remembering((markdown: string): Root => {
    assertParsable(markdown);
    return parser.parse(markdown);
  });
  return {
    parse: parseText,
    render: remembering((markdown: string) => {
      const tree = parseText(markdown);
      const text = plainText(tree);
      return { markdown, html: transformer.stringify(transformer.runSync(tree)), text };
    }),
  };
}

/** The same function, which answers at once for the texts that it was asked last: a text is looked at several times while it is published. */
function remembering<Result extends object>(work: (text: string) => Result): (text: string) => Result {
  const recent = new LRUCache<string, Result>({
    max: mostRemembered.texts,
    maxSize: mostRemembered.characters,
    sizeCalculation: (_result, text) => text.length + 1,
  });
  return text => {
    const result = recent.get(text) ?? work(text);
    recent.set(text, result);
    return result;
  };
}

/** Footnotes need ids that would clash between the sections of a page, and the format does not have them. */
const withoutFootnotes = {
  disable: { null: ["gfmFootnoteDefinition", "gfmFootnoteCall", "gfmPotentialFootnoteCall"] },
};

/** What may stay. Attributes that are not named here go, ids and styles among them. */
const allowed = {
  tagNames: [
    ...["h2", "h3", "h4", "h5", "h6", "p", "blockquote", "ul", "ol", "li", "hr", "br", "pre"],
    ...["strong", "em", "del", "code", "a", "img", "input"],
    ...["table", "thead", "tbody", "tr", "th", "td"],
  ],
  attributes: {
    a: ["href", "title"],
    img: ["src", "alt", "title"],
    code: [["className", /^language-[\w+#.-]+$/] as [string, RegExp]],
    ol: ["start", ["className", "contains-task-list"] as [string, string]],
    ul: [["className", "contains-task-list"] as [string, string]],
    li: [["className", "task-list-item"] as [string, string]],
    input: ["checked", ["disabled", true] as [string, boolean], ["type", "checkbox"] as [string, string]],
    th: [["align", "left", "center", "right"] as [string, ...string[]]],
    td: [["align", "left", "center", "right"] as [string, ...string[]]],
  },
  required: { input: { disabled: true, type: "checkbox" } },
  protocols: { href: ["http", "https", "mailto"], src: ["https"] },
  strip: ["script", "style"],
};

/** Rewrites links to content, takes links and images that may not be down to their text, and level-1 headings to level 2. */
function applyLinkPolicy(tree: HtmlRoot): void {
  rewriteElements(tree, element => {
    if (element.tagName === "h1") return [{ ...element, tagName: "h2" }];
    if (element.tagName === "a") {
      const target = linkTarget(attribute(element, "href"));
      return target ? [withAttributes(element, { href: target.href })] : element.children;
    }
    if (element.tagName === "img" && !isImageSource(attribute(element, "src"))) {
      return [{ type: "text", value: attribute(element, "alt") }];
    }
    return [element];
  });
}

/** After sanitising, so that nothing can take it away again. */
function markExternalLinks(tree: HtmlRoot): void {
  rewriteElements(tree, element => {
    const external = element.tagName === "a" && linkTarget(attribute(element, "href"))?.external;
    return [external ? withAttributes(element, { rel: ["noopener", "noreferrer"] }) : element];
  });
}

/** Innermost first. */
function rewriteElements(node: HtmlNodes, rewrite: (element: Element) => Element["children"]): void {
  if (!("children" in node)) return;
  for (const child of node.children) rewriteElements(child, rewrite);
  node.children = (node.children as Element["children"]).flatMap(child =>
    child.type === "element" ? rewrite(child) : [child],
  );
}

function attribute(element: Element, name: string): string {
  const value = element.properties[name];
  return typeof value === "string" ? value : "";
}

function withAttributes(element: Element, properties: Element["properties"]): Element {
  return { ...element, properties: { ...element.properties, ...properties } };
}
