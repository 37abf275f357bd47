// Reads one document, from its file or from what an editor wrote: keys against the rules, Markdown checked and rendered. Whatever needs
// other documents is checked elsewhere.
import type { z } from "zod";
import { isStorableText } from "../db/stored-values";
import { compareText, fieldName, type ContentProblem, type FieldPath } from "./content.problem";
import { lessonRules, moduleRules, storablePhrase, toolRules, topicRules } from "./content.rules";
import {
  fileOf,
  largestFile,
  largestFilePhrase,
  readContent,
  type ContentFile,
  type ContentKind,
} from "./content.files";
import { fileParts, fileText } from "./file.write";
import { bodyOf, parseFrontMatter, type FrontMatter } from "./front-matter.parse";
import { checkMarkdown, type MarkdownProblem, type MarkdownReference } from "./markdown.check";
import { limitPhrase } from "./markdown.limits";
import { loadMarkdown, type MarkdownPipeline, type RenderedMarkdown } from "./markdown.pipeline";
import { checkSectionBody, checkSectionText, joinSections, splitSections, type SectionText } from "./section.split";
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

/**
 * The document that `source` makes, as if it stood in its file. Problems name fields; `body` is that of a section where there are
 * sections, and lines count within it. What has no problems reads back from its file as the same source.
 */
export async function documentOf(source: Source): Promise<ContentDocument> {
  const markdown = await loadMarkdown();
  const { kind, slug } = source;
  const found = { kind, slug, file: fileOf(kind, slug) };
  const { whole, problems } = checkSections(source, markdown);
  const { keys, body } = fileParts(whole, markdown);
  const frontMatter = { value: keys, lineOf: () => 1, problems: [], ...bodyOf(linesOf(body), 0) };
  const document = examine(found, frontMatter, markdown);
  problems.push(
    ...document.problems.map(problem =>
      whole.kind === "topic" && problem.field === "body"
        ? { ...problem, ...placeInSection(whole.content, markdown, problem.line) }
        : problem,
    ),
  );
  if (problems.length === 0 && Buffer.byteLength(await fileText(source, markdown)) > largestFile) {
    problems.push({ file: found.file, line: 1, field: "file", expected: largestFilePhrase });
  }
  if (problems.length === 0) return document;
  const { raw, lineOf, references } = document;
  return { ...found, raw, lineOf, references, problems };
}

/**
 * What would make a section take the next one in, or be two. Such a section has a stand-in in `whole`, so that it does not change what
 * is said about the others.
 */
function checkSections(source: Source, markdown: MarkdownPipeline): { whole: Source; problems: ContentProblem[] } {
  const problems: ContentProblem[] = [];
  if (source.kind !== "topic") return { whole: source, problems };
  const { sections } = source.content;
  const whole = sections.map((section, index) => {
    const fault = checkSectionBody(section.body, index === sections.length - 1, markdown);
    if (!fault) return section;
    problems.push({ file: fileOf("topic", source.slug), field: sectionField(index), ...fault });
    return { ...section, body: "…" };
  });
  return { whole: { ...source, content: { ...source.content, sections: whole } }, problems };
}

/** Which section a line of the joined text belongs to, and which line of its body it is. */
function placeInSection({ sections }: TopicSource, markdown: MarkdownPipeline, line: number) {
  let start = 1;
  for (const [index, section] of sections.entries()) {
    const end = start + linesOf(joinSections([section], markdown)).length;
    if (line <= end || index === sections.length - 1) {
      return { field: sectionField(index), line: Math.max(1, line - end + linesOf(section.body).length + 1) };
    }
    start = end + 1;
  }
  return {};
}

const sectionField = (index: number) => fieldName(["sections", index, "body"]);
const linesOf = (text: string) => text.replace(/\r\n?/g, "\n").split("\n");

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
  if (!isStorableText(text)) return only(storablePhrase);
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
    if (error instanceof RangeError) return only(limitPhrase(error));
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
    problems.push(...checkHeadings(found, frontMatter, body));
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
  return { kind, slug, content: normal, formerSlugs: [...formerSlugs].sort(compareText) } as unknown as Extract<
    Source,
    { kind: Kind }
  >;
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
function checkHeadings({ file }: ContentFile, { value, lineOf, bodyLine }: FrontMatter, body: Body): ContentProblem[] {
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
