// Splits a file into YAML front matter and Markdown, and parses the YAML so that every value still knows its line.
import type { Document, LineCounter, Node } from "yaml";
import type { ContentProblem, FieldPath } from "./content.problem";

export interface FrontMatter {
  /** Plain JavaScript values; undefined when the YAML could not be read. */
  value: unknown;
  /** The line of the value at `path`, or of the innermost part of the path that is there. */
  lineOf(path: FieldPath): number;
  /** The Markdown without blank lines around it; undefined when nobody can tell where it starts. */
  body: string | undefined;
  /** The line on which `body` starts. */
  bodyLine: number;
  problems: ContentProblem[];
}

/** More than an honest file uses, and far from what lets aliases of aliases grow without bound. */
const mostAliases = 100;

export async function parseFrontMatter(file: string, text: string): Promise<FrontMatter> {
  const problem = (line: number, expected: string): ContentProblem => ({ file, line, field: "front matter", expected });
  const lines = text.split("\n");
  const isFence = (line: string | undefined) => line?.trimEnd() === "---";
  const end = lines.findIndex((line, index) => index > 0 && isFence(line));
  if (!isFence(lines[0]) || end === -1) {
    const expected = isFence(lines[0]) ? "a line --- after the front matter" : "a line --- at the start of the file";
    return { value: undefined, lineOf: () => 1, body: undefined, bodyLine: 1, problems: [problem(1, expected)] };
  }

  const { LineCounter, parseDocument } = await import("yaml");
  const counter = new LineCounter();
  // The fence is line 1 of the file and the YAML starts on the next.
  const yaml = readYaml(() =>
    parseDocument(lines.slice(1, end).join("\n"), {
      lineCounter: counter,
      prettyErrors: false,
      stringKeys: true,
      logLevel: "silent",
    }),
  );
  return { ...yaml, ...bodyOf(lines, end + 1) };

  function readYaml(parse: () => Document.Parsed): Pick<FrontMatter, "value" | "lineOf" | "problems"> {
    const unreadable = { value: undefined, lineOf: () => 1 };
    try {
      const document = parse();
      const lineOf = (path: FieldPath) => lineAt(document, counter, path) + 1;
      const problems = [...document.errors, ...document.warnings].map(error =>
        problem(counter.linePos(error.pos[0]).line + 1, yamlPhrase(error.code, error.message)),
      );
      if (problems.length > 0) return { ...unreadable, problems };
      return { value: document.toJS({ maxAliasCount: mostAliases }), lineOf, problems };
    } catch (error) {
      // Thrown for too many aliases (ReferenceError) and for nesting that exhausts the stack (RangeError).
      if (error instanceof ReferenceError)
        return { ...unreadable, problems: [problem(1, `at most ${mostAliases} aliases`)] };
      if (error instanceof RangeError)
        return { ...unreadable, problems: [problem(1, "YAML that is nested less deep")] };
      throw error;
    }
  }
}

/** The Markdown from line `start` on, counted from 0. */
export function bodyOf(lines: readonly string[], start: number): Pick<FrontMatter, "body" | "bodyLine"> {
  const blank = lines.slice(start).findIndex(line => line.trim() !== "");
  const first = blank === -1 ? lines.length : start + blank;
  return { body: lines.slice(first).join("\n").trimEnd(), bodyLine: (blank === -1 ? start : first) + 1 };
}

function yamlPhrase(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "each key once";
  if (code === "TAG_RESOLVE_FAILED") return "values without tags";
  if (code === "NON_STRING_KEY") return "keys that are plain text";
  return `YAML that can be read: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

function lineAt(document: Document.Parsed, counter: LineCounter, path: FieldPath): number {
  let node: unknown = document.contents;
  let offset = rangeOf(node) ?? 0;
  for (const part of path) {
    const next = childOf(node, part);
    if (!next) break;
    offset = rangeOf(next.key) ?? rangeOf(next.value) ?? offset;
    node = next.value;
  }
  return counter.linePos(offset).line;
}

/** A key of a map counts as the place of its value: the value may start lines below. */
function childOf(node: unknown, part: string | number): { key?: unknown; value: unknown } | undefined {
  const items = (node as { items?: unknown } | null)?.items;
  if (!Array.isArray(items)) return undefined;
  if (typeof part === "number") return part < items.length ? { value: items[part] } : undefined;
  return (items as { key?: unknown; value: unknown }[]).find(
    item => (item.key as { value?: unknown } | undefined)?.value === part,
  );
}

function rangeOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
