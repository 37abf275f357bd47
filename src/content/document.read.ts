// Reads one content file: front matter against the rules, Markdown checked and rendered. Whatever needs other files is checked elsewhere.
import type { z } from "zod";
import { fieldName, type ContentProblem, type FieldPath } from "./content.problem";
import { lessonRules, moduleRules, toolRules, topicRules } from "./content.rules";
import type { LessonKeys, ModuleKeys, ToolKeys, TopicKeys } from "./content.rules";
import { readContent, type ContentFile } from "./content.source";
import { slugOf } from "./content.text";
import { parseFrontMatter, type FrontMatter } from "./front-matter.parse";
import { checkMarkdown, type MarkdownProblem, type MarkdownReference } from "./markdown.check";
import { loadMarkdown, type MarkdownPipeline, type RenderedMarkdown } from "./markdown.pipeline";
import { checkSectionText, splitSections, type SectionText } from "./section.split";

export interface SectionContent extends RenderedMarkdown {
  kind: TopicKeys["sections"][number]["kind"];
  emoji: string;
  heading: string;
  anchor: string;
  /** The slugs of the tools it links to, in order of first appearance. */
  tools: string[];
}

/** Where a piece of content comes from. */
export interface ContentOrigin {
  slug: string;
  file: string;
  lineOf(path: FieldPath): number;
}

export type TopicContent = ContentOrigin & Omit<TopicKeys, "sections"> & { sections: SectionContent[] };
export type ToolContent = ContentOrigin & ToolKeys & { description: RenderedMarkdown };
export type ModuleContent = ContentOrigin & ModuleKeys;
export type LessonContent = ContentOrigin & LessonKeys & { body: RenderedMarkdown };

/** Everything the files say, once nothing is wrong with them. */
export interface Catalogue {
  topics: TopicContent[];
  tools: ToolContent[];
  modules: ModuleContent[];
  lessons: LessonContent[];
}

/** One file with all that could be read of it, so that it takes part in the checks over all files although something is wrong with it. */
export interface ContentDocument extends ContentFile {
  /** The front matter as it stands, whether valid or not. */
  raw: unknown;
  lineOf(path: FieldPath): number;
  /** Links of its text; lines count within the file. */
  references: MarkdownReference[];
  problems: ContentProblem[];
  /** Adds the content to `catalogue`; only there when the document has no problems. */
  addTo?: (catalogue: Catalogue) => void;
}

export async function readDocument(directory: string, found: ContentFile): Promise<ContentDocument> {
  const { text, problems } = await readContent(directory, found.file);
  if (text === undefined) return { ...found, raw: undefined, lineOf: () => 1, references: [], problems };
  const frontMatter = await parseFrontMatter(found.file, text);
  problems.push(...frontMatter.problems);
  const markdown = await loadMarkdown();
  const body = frontMatter.body === undefined ? noBody : readBody(markdown, found, frontMatter.body);
  problems.push(
    ...body.problems.map(({ line, expected }) => ({
      file: found.file,
      line: line + frontMatter.bodyLine - 1,
      field: "body",
      expected,
    })),
  );
  const read = validators[found.kind](found, frontMatter, body, markdown);
  // Of front matter that could not be read at all, nothing more can be said.
  if (frontMatter.problems.length === 0) problems.push(...read.problems);
  return {
    ...found,
    raw: frontMatter.value,
    lineOf: frontMatter.lineOf,
    references: body.references.map(link => ({ ...link, line: link.line + frontMatter.bodyLine - 1 })),
    problems,
    ...(problems.length === 0 && read.addTo ? { addTo: read.addTo } : {}),
  };
}

interface Body {
  rendered: RenderedMarkdown;
  sections: SectionText[];
  references: MarkdownReference[];
  problems: MarkdownProblem[];
}

const noBody: Readonly<Body> = {
  rendered: { markdown: "", html: "", text: "" },
  sections: [],
  references: [],
  problems: [],
};

function readBody(markdown: MarkdownPipeline, { kind }: ContentFile, text: string): Body {
  const only = (expected: string): Body => ({ ...noBody, problems: [{ line: 1, expected }] });
  if (kind === "module") return text === "" ? noBody : only("no text, because a module has none");
  try {
    const tree = markdown.parse(text);
    const { problems, references } = checkMarkdown(tree);
    if (kind === "topic") {
      const sections = splitSections(text, tree);
      return { ...noBody, sections, references, problems: [...problems, ...checkSectionText(tree, sections)] };
    }
    const rendered = markdown.render(text);
    if (rendered.html.trim() === "") problems.push({ line: 1, expected: "text after the front matter" });
    return { ...noBody, rendered, references, problems };
  } catch (error) {
    if (error instanceof RangeError) return only("Markdown that is nested less deep");
    throw error;
  }
}

interface Validated {
  problems: ContentProblem[];
  addTo?: (catalogue: Catalogue) => void;
}

type Validator = (found: ContentFile, frontMatter: FrontMatter, body: Body, markdown: MarkdownPipeline) => Validated;

const validators: Record<ContentFile["kind"], Validator> = {
  topic: (found, frontMatter, body, markdown) => {
    const { keys, problems } = validate(topicRules, found, frontMatter);
    problems.push(...checkSections(found, frontMatter, body));
    if (!keys) return { problems };
    return {
      problems,
      addTo: ({ topics }) => {
        const sections = keys.sections.map((section, index) => {
          const text = body.sections[index]?.markdown ?? "";
          const anchor = section.anchor ?? slugOf(section.heading);
          return { ...section, anchor, ...markdown.render(text), tools: toolsOf(markdown, text) };
        });
        topics.push({ ...keys, ...originOf(found, frontMatter), sections });
      },
    };
  },
  tool: (found, frontMatter, { rendered: description }) => {
    const { keys, problems } = validate(toolRules, found, frontMatter);
    if (!keys) return { problems };
    return {
      problems,
      addTo: ({ tools }) => void tools.push({ ...keys, ...originOf(found, frontMatter), description }),
    };
  },
  module: (found, frontMatter) => {
    const { keys, problems } = validate(moduleRules, found, frontMatter);
    if (!keys) return { problems };
    return { problems, addTo: ({ modules }) => void modules.push({ ...keys, ...originOf(found, frontMatter) }) };
  },
  lesson: (found, frontMatter, { rendered: body }) => {
    const { keys, problems } = validate(lessonRules, found, frontMatter);
    if (!keys) return { problems };
    return { problems, addTo: ({ lessons }) => void lessons.push({ ...keys, ...originOf(found, frontMatter), body }) };
  },
};

function originOf({ slug, file }: ContentFile, { lineOf }: FrontMatter): ContentOrigin {
  return { slug, file, lineOf };
}

function validate<T>(
  rules: z.ZodType<T>,
  { file }: ContentFile,
  { value, lineOf }: FrontMatter,
): { keys?: T; problems: ContentProblem[] } {
  const result = rules.safeParse(value);
  if (result.success) return { keys: result.data, problems: [] };
  const problemAt = (path: FieldPath, expected: string) => ({
    file,
    line: lineOf(path),
    field: fieldName(path),
    expected,
  });
  return {
    problems: result.error.issues.flatMap(issue => {
      const path = issue.path.filter(part => typeof part !== "symbol");
      if (issue.code !== "unrecognized_keys") return [problemAt(path, issue.message)];
      return issue.keys.map(key => problemAt([...path, key], issue.message));
    }),
  };
}

/** The list of sections and the level-2 headings of the text say the same in the same order. */
function checkSections({ file }: ContentFile, { value, lineOf, bodyLine }: FrontMatter, body: Body): ContentProblem[] {
  const listed = (value as { sections?: unknown } | null | undefined)?.sections;
  if (!Array.isArray(listed)) return [];
  const wanted = listed.map((section: { heading?: unknown } | null) => {
    const heading = section?.heading;
    return typeof heading === "string" ? heading.trim() : undefined;
  });
  const missing = withoutEach(
    wanted,
    body.sections.map(section => section.heading),
  );
  const extra = withoutEach(
    body.sections.map(section => section.heading),
    wanted,
  );
  const inList = (index: number, expected: string): ContentProblem => {
    const path = ["sections", index, "heading"];
    return { file, line: lineOf(path), field: fieldName(path), expected };
  };
  const inBody = (section: SectionText | undefined, expected: string): ContentProblem => {
    return { file, line: (section?.line ?? 1) + bodyLine - 1, field: "body", expected };
  };
  const problems = [
    ...missing.map(index => inList(index, `a level-2 heading “${wanted[index]}” in the text`)),
    ...extra.map(index => {
      const section = body.sections[index];
      return inBody(section, `an entry in sections for the heading “${section?.heading}”, or no such level-2 heading`);
    }),
  ];
  if (problems.length > 0 || wanted.includes(undefined)) return problems;
  const swapped = body.sections.findIndex((section, index) => section.heading !== wanted[index]);
  if (swapped === -1) return [];
  return [inBody(body.sections[swapped], `the headings in the order of sections: “${wanted[swapped]}” next`)];
}

/** The indexes of the texts of `list` that `other` does not have, or does not have as often. */
function withoutEach(list: readonly (string | undefined)[], other: readonly (string | undefined)[]): number[] {
  const left = [...other];
  return list.flatMap((text, index) => {
    if (text === undefined) return [];
    const at = left.indexOf(text);
    if (at === -1) return [index];
    left.splice(at, 1);
    return [];
  });
}

function toolsOf(markdown: MarkdownPipeline, text: string): string[] {
  const { references } = checkMarkdown(markdown.parse(text));
  return [...new Set(references.filter(({ kind }) => kind === "tool").map(({ slug }) => slug))];
}
