// Reads one document, from its file or from what an editor wrote: keys against the rules, Markdown checked and rendered. Whatever needs
// other documents is checked elsewhere.
import type { z } from "zod";
import { fieldName, type ContentProblem, type FieldPath } from "./content.problem";
import { lessonRules, moduleRules, toolRules, topicRules } from "./content.rules";
import { fileOf, readContent, type ContentFile, type ContentKind } from "./content.files";
import { parseFrontMatter, type FrontMatter } from "./front-matter.parse";
import { checkMarkdown, type MarkdownProblem, type MarkdownReference } from "./markdown.check";
import { loadMarkdown, type MarkdownPipeline, type RenderedMarkdown } from "./markdown.pipeline";
import { checkSectionText, joinSections, splitSections, type SectionText } from "./section.split";
import { normalForm, type Source, type SourceOf } from "./source.model";
import type { LessonSource, ModuleSource, ToolSource, TopicSource } from "./source.model";

export interface SectionContent extends RenderedMarkdown {
  kind: TopicSource["sections"][number]["kind"];
  emoji: string;
  heading: string;
  anchor: string;
  /** The slugs of the tools it links to, in order of first appearance. */
  tools: string[];
}

/** Where a piece of content comes from. */
export interface ContentOrigin {
  /** The id that it is to have; left out: the one that it has, or a new one. */
  id?: number;
  slug: string;
  file: string;
  /** Addresses that it had before. */
  formerSlugs: readonly string[];
  lineOf(path: FieldPath): number;
}

export type TopicContent = ContentOrigin & Omit<TopicSource, "sections"> & { sections: SectionContent[] };
export type ToolContent = ContentOrigin & Omit<ToolSource, "description"> & { description: RenderedMarkdown };
export type ModuleContent = ContentOrigin & ModuleSource;
export type LessonContent = ContentOrigin & Omit<LessonSource, "body"> & { body: RenderedMarkdown };

/** Everything the files say, once nothing is wrong with them. */
export interface Catalogue {
  topics: TopicContent[];
  tools: ToolContent[];
  modules: ModuleContent[];
  lessons: LessonContent[];
}

/** One document with all that could be read of it, so that it takes part in the checks over all of them although something is wrong with it. */
export interface ContentDocument extends ContentFile {
  /** The front matter as it stands, whether valid or not. */
  raw: unknown;
  lineOf(path: FieldPath): number;
  /** Links of its text; lines count within the file. */
  references: MarkdownReference[];
  problems: ContentProblem[];
  /** What it says, in its normal form; only there when the document has no problems. */
  source?: Source;
  /** Adds the content to `catalogue`; only there when the document has no problems. */
  addTo?: (catalogue: Catalogue) => void;
}

export async function readDocument(directory: string, found: ContentFile): Promise<ContentDocument> {
  const { text, problems } = await readContent(directory, found.file);
  if (text === undefined) return { ...found, raw: undefined, lineOf: () => 1, references: [], problems };
  const frontMatter = await parseFrontMatter(found.file, text);
  return examine(found, frontMatter, await loadMarkdown(), problems);
}

/** The document that `source` makes, as if it stood in its file. Problems name fields; `body` is that of a section where there are sections. */
export async function documentOf(source: Source): Promise<ContentDocument> {
  const markdown = await loadMarkdown();
  const { kind, slug } = source;
  const { keys, body } = fileParts(source, markdown);
  const found = { kind, slug, file: fileOf(kind, slug) };
  const document = examine(found, { value: keys, lineOf: () => 1, body, bodyLine: 1, problems: [] }, markdown);
  if (source.kind !== "topic") return document;
  const problems = document.problems.map(problem =>
    problem.field === "body" ? { ...problem, field: sectionField(source.content, markdown, problem.line) } : problem,
  );
  return { ...document, problems };
}

/** Which section a line of the joined text belongs to. */
function sectionField({ sections }: TopicSource, markdown: MarkdownPipeline, line: number): string {
  const endOf = (index: number) => joinSections(sections.slice(0, index + 1), markdown).split("\n").length;
  const index = sections.findIndex((_, at) => line <= endOf(at));
  return `sections[${index === -1 ? sections.length - 1 : index}].body`;
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

/** @param known problems that were found before. */
function examine(
  found: ContentFile,
  frontMatter: FrontMatter,
  markdown: MarkdownPipeline,
  known: readonly ContentProblem[] = [],
): ContentDocument {
  const problems = [...known, ...frontMatter.problems];
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
    ...(problems.length === 0
      ? { ...(read.source && { source: read.source }), ...(read.addTo && { addTo: read.addTo }) }
      : {}),
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
  source?: Source;
  addTo?: (catalogue: Catalogue) => void;
}

type Validator = (found: ContentFile, frontMatter: FrontMatter, body: Body, markdown: MarkdownPipeline) => Validated;

const validators: Record<ContentKind, Validator> = {
  topic: (found, frontMatter, body, markdown) => {
    const { keys, problems } = validate(topicRules, found, frontMatter);
    problems.push(...checkSections(found, frontMatter, body));
    if (!keys) return { problems };
    const sections = keys.sections.map((section, index) => ({
      ...section,
      body: body.sections[index]?.markdown ?? "",
    }));
    const source = sourceOf("topic", found, { ...keys, sections });
    return {
      problems,
      source,
      addTo: ({ topics }) => {
        topics.push({
          ...source.content,
          ...originOf(found, frontMatter, keys),
          sections: source.content.sections.map(({ anchor = "", body: text, ...section }) => ({
            ...section,
            ...{ anchor, ...markdown.render(text), tools: toolsOf(markdown, text) },
          })),
        });
      },
    };
  },
  tool: (found, frontMatter, { rendered: description }) => {
    const { keys, problems } = validate(toolRules, found, frontMatter);
    if (!keys) return { problems };
    const source = sourceOf("tool", found, { ...keys, description: description.markdown });
    const addTo = ({ tools }: Catalogue) =>
      void tools.push({ ...source.content, ...originOf(found, frontMatter, keys), description });
    return { problems, source, addTo };
  },
  module: (found, frontMatter) => {
    const { keys, problems } = validate(moduleRules, found, frontMatter);
    if (!keys) return { problems };
    const source = sourceOf("module", found, keys);
    const addTo = ({ modules }: Catalogue) =>
      void modules.push({ ...source.content, ...originOf(found, frontMatter, keys) });
    return { problems, source, addTo };
  },
  lesson: (found, frontMatter, { rendered: body }) => {
    const { keys, problems } = validate(lessonRules, found, frontMatter);
    if (!keys) return { problems };
    const source = sourceOf("lesson", found, { ...keys, body: body.markdown });
    const addTo = ({ lessons }: Catalogue) =>
      void lessons.push({ ...source.content, ...originOf(found, frontMatter, keys), body });
    return { problems, source, addTo };
  },
};

function sourceOf<Kind extends ContentKind>(
  kind: Kind,
  { slug }: ContentFile,
  { formerSlugs = [], ...content }: SourceOf[Kind] & { formerSlugs?: string[] | undefined },
): Extract<Source, { kind: Kind }> {
  const normal = normalForm(kind, content as unknown as SourceOf[Kind]);
  return { kind, slug, content: normal, formerSlugs } as unknown as Extract<Source, { kind: Kind }>;
}

function originOf(
  { slug, file }: ContentFile,
  { lineOf }: FrontMatter,
  { formerSlugs = [] }: { formerSlugs?: string[] | undefined },
): ContentOrigin {
  return { slug, file, lineOf, formerSlugs };
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
