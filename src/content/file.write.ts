// Writes one document as the text of its file: YAML front matter for people, the Markdown below it. Touches no file.
import { z } from "zod";
import { lessonRules, moduleRules, toolRules, topicRules } from "./content.rules";
import type { ContentKind } from "./content.files";
import type { MarkdownPipeline } from "./markdown.pipeline";
import { joinSections } from "./section.split";
import type { Source } from "./source.model";

const rules: Record<ContentKind, z.ZodType> = {
  topic: topicRules,
  tool: toolRules,
  module: moduleRules,
  lesson: lessonRules,
};

/** Reads back as `source`, when `documentOf` has no problem with it. Ends in one line end. */
export async function fileText(source: Source, markdown: MarkdownPipeline): Promise<string> {
  const { stringify } = await import("yaml");
  const { keys, body } = fileParts(source, markdown);
  const yaml = stringify(inOrder(rules[source.kind], keys), {
    aliasDuplicateObjects: false,
    // No line is folded: git diffs like it, and a folded line of blanks would not read back.
    lineWidth: 0,
    doubleQuotedMinMultiLineLength: Infinity,
  });
  const text = body.trimEnd();
  return `---\n${yaml}---\n${text === "" ? "" : `\n${text}\n`}`;
}

/** How the keys and the Markdown of a source are divided in its file. */
export function fileParts(source: Source, markdown: MarkdownPipeline): { keys: object; body: string } {
  const former = source.formerSlugs.length > 0 ? { formerSlugs: [...source.formerSlugs] } : {};
  switch (source.kind) {
    case "topic": {
      const sections = source.content.sections.map(({ kind, emoji, heading, anchor }) => ({
        kind,
        emoji,
        heading,
        anchor,
      }));
      return {
        keys: { ...source.content, sections, ...former },
        body: joinSections(source.content.sections, markdown),
      };
    }
    case "tool": {
      const { description, ...keys } = source.content;
      return { keys: { ...keys, ...former }, body: description };
    }
    case "module":
      return { keys: { ...source.content, ...former }, body: "" };
    case "lesson": {
      const { body, ...keys } = source.content;
      return { keys: { ...keys, ...former }, body };
    }
  }
}

/** The keys of each map in the order of its rules, which is that of docs/content.md: what comes from the database has none. */
function inOrder(rule: unknown, value: unknown): unknown {
  if (rule instanceof z.ZodOptional) return inOrder(rule.unwrap(), value);
  if (rule instanceof z.ZodArray && Array.isArray(value)) return value.map(item => inOrder(rule.element, item));
  if (!(rule instanceof z.ZodObject) || typeof value !== "object" || value === null) return value;
  const known = Object.keys(rule.shape);
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => known.indexOf(a) - known.indexOf(b))
      .map(([key, inner]) => [key, inOrder(rule.shape[key], inner)]),
  );
}
