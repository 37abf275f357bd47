// The plain text of a Markdown tree, for search and for previews: blocks apart by a blank line, list items and table rows on lines.
import type { Nodes, Root } from "mdast";

export function plainText(tree: Root): string {
  return joinBlocks(tree.children, "\n\n");
}

function joinBlocks(nodes: readonly Nodes[], separator: string): string {
  return nodes
    .map(blockText)
    .filter(text => text !== "")
    .join(separator);
}

function blockText(node: Nodes): string {
  switch (node.type) {
    case "paragraph":
    case "heading":
    case "tableCell":
      return inlineText(node).trim();
    case "code":
      return node.value;
    case "blockquote":
      return joinBlocks(node.children, "\n\n");
    case "list":
    case "listItem":
    case "table":
      return joinBlocks(node.children, "\n");
    case "tableRow":
      return node.children.map(blockText).join(" | ");
    default:
      // Rules, raw HTML and definitions say nothing.
      return "";
  }
}

function inlineText(node: Nodes): string {
  switch (node.type) {
    case "text":
      // A line end inside a paragraph is a space.
      return node.value.replace(/\s*\n\s*/g, " ");
    case "inlineCode":
      return node.value;
    case "break":
      return "\n";
    case "image":
    case "imageReference":
      return node.alt ?? "";
    default:
      return "children" in node ? node.children.map(inlineText).join("") : "";
  }
}
