// Rules about the place of a source in the catalogue: what it names, lists and belongs to.
import { isEmoji, slugOf } from "../content.text";
import type { Source } from "../source.model";
import { quoted, type Found } from "./health.finding";
import { slugsOf, type HealthSurroundings, type NamedAddress } from "./health.surroundings";
import { linksOf, type MarkdownField } from "./source.texts";

export function* checkPlace(
  source: Source,
  fields: readonly MarkdownField[],
  named: readonly NamedAddress[],
  surroundings: HealthSurroundings,
): Generator<Found> {
  yield* checkAddresses(named, surroundings);
  yield* checkAnchors(source, fields);
  yield* checkToolsOnce(source, surroundings);
  yield* checkEmojis(source);
  yield* checkCompleteness(source, surroundings);
}

function* checkAddresses(named: readonly NamedAddress[], surroundings: HealthSurroundings): Generator<Found> {
  for (const { kind, slug, ...place } of named) {
    const found = surroundings.find(kind, slug);
    if (!found) {
      const message = `There is no published ${kind} at ${quoted(slug)}.`;
      yield { rule: "DEAD_LINK", severity: "ERROR", ...place, message };
    } else if (found.slug !== slug) {
      const message = `The address ${quoted(slug)} of the ${kind} ${quoted(found.name)} has become ${quoted(found.slug)}.`;
      yield { rule: "DEAD_LINK", severity: "NOTICE", ...place, message, remedy: `Write ${found.slug} instead.` };
    }
  }
}

/** Only topics have anchors that are kept: those of their sections. */
function* checkAnchors({ kind, content }: Source, fields: readonly MarkdownField[]): Generator<Found> {
  if (kind !== "topic") return;
  const anchors = new Set(content.sections.map(({ anchor, heading }) => anchor ?? slugOf(heading)));
  for (const { path, tree } of fields) {
    for (const { url, line } of linksOf(tree)) {
      if (!url.startsWith("#") || anchors.has(url.slice(1))) continue;
      const message = `No section of the topic has the anchor ${quoted(url.slice(1))}.`;
      yield { rule: "DEAD_LINK", severity: "WARNING", path, line, message, remedy: "Write the anchor of a section." };
    }
  }
}

function* checkToolsOnce({ kind, content }: Source, { find }: HealthSurroundings): Generator<Found> {
  const listed =
    kind === "topic"
      ? content.tools.map(({ tool }, index) => ({ slug: tool, path: ["tools", index, "tool"] }))
      : kind === "lesson"
        ? (content.tools ?? []).map((slug, index) => ({ slug, path: ["tools", index] }))
        : [];
  const before = new Map<string, string>();
  for (const { slug, path } of listed) {
    const { slug: today, name } = find("tool", slug) ?? { slug, name: slug };
    const other = before.get(today);
    if (other === undefined) before.set(today, slug);
    else {
      const message = `The tool ${quoted(name)} is listed before${other === slug ? "" : `, as ${other}`}.`;
      yield { rule: "TOOL_LISTED_TWICE", severity: "ERROR", path, message };
    }
  }
}

function* checkEmojis({ kind, content }: Source): Generator<Found> {
  if (kind !== "topic") return;
  const missing = { rule: "MISSING_EMOJI", severity: "ERROR" } as const;
  if (!isEmoji(content.emoji)) yield { ...missing, path: ["emoji"], message: "The topic has no emoji." };
  for (const [index, { emoji, heading }] of content.sections.entries()) {
    if (isEmoji(emoji)) continue;
    yield { ...missing, path: ["sections", index, "emoji"], message: `The section ${quoted(heading)} has no emoji.` };
  }
}

const fewestTools = 3;

function* checkCompleteness(source: Source, { isInModule }: HealthSurroundings): Generator<Found> {
  const { kind, content } = source;
  if (kind === "topic") {
    const { length } = content.tools;
    if (length < fewestTools) {
      const severity = length === 0 ? "WARNING" : "NOTICE";
      const count = length === 0 ? "no tool" : length === 1 ? "one tool only" : `${length} tools only`;
      yield { rule: "TOO_FEW_TOOLS", severity, path: ["tools"], message: `The topic ranks ${count}.` };
    }
    if (content.sections.length === 0) {
      yield { rule: "NO_SECTIONS", severity: "WARNING", path: ["sections"], message: "The topic has no sections." };
    }
  }
  if (kind === "module" && content.lessons.length === 0) {
    yield { rule: "NO_LESSONS", severity: "WARNING", path: ["lessons"], message: "The module has no lessons." };
  }
  if (kind === "lesson" && content.kind === "LESSON" && !slugsOf(source).some(isInModule)) {
    yield { rule: "LESSON_WITHOUT_MODULE", severity: "WARNING", path: [], message: "No module holds the lesson." };
  }
}
