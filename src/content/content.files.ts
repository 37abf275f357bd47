// Finds the content files and reads and writes them as text. Knows the folders, the names, the size and the encoding; nothing of what is inside.
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { compareText, type ContentProblem } from "./content.problem";
import { isSlug } from "./content.text";

export const contentKinds = ["topic", "tool", "module", "lesson"] as const;
export type ContentKind = (typeof contentKinds)[number];

export interface ContentFile {
  kind: ContentKind;
  slug: string;
  /** Relative to the content directory, with forward slashes. */
  file: string;
}

export const largestFile = 200_000;
export const largestFilePhrase = `at most ${largestFile / 1000} kB`;

const folderOf = (kind: ContentKind) => `${kind}s`;
const folders = contentKinds.map(folderOf).join(", ");
const slugPhrase = "lower-case letters and digits in groups joined by single hyphens, at most 80";

export const fileOf = (kind: ContentKind, slug: string) => `${folderOf(kind)}/${slug}.md`;

/** The files in the order topics, tools, modules, lessons and by slug within each. Names that start with a dot are nobody's content. */
export async function findContent(directory: string): Promise<{ files: ContentFile[]; problems: ContentProblem[] }> {
  const found = await listContent(directory);
  if (!found) return { files: [], problems: [fileProblem(directory, "a directory with content; there is none")] };
  // An empty directory is more likely a wrong path than the wish to have no content at all.
  if (found.files.length === 0 && found.problems.length === 0) {
    found.problems.push(fileProblem(directory, `files in at least one of the folders ${folders}`));
  }
  return found;
}

/** The same for a directory that is written to: it may be empty, and need not be there yet. */
export async function findOldContent(directory: string): Promise<{ files: ContentFile[]; problems: ContentProblem[] }> {
  const { files, problems } = (await listContent(directory)) ?? { files: [], problems: [] };
  for (const { file } of files) {
    if (!(await stat(join(directory, file))).isFile()) problems.push(fileProblem(file, "a file"));
  }
  return { files, problems };
}

/** @returns undefined when there is no directory. */
async function listContent(
  directory: string,
): Promise<{ files: ContentFile[]; problems: ContentProblem[] } | undefined> {
  const top = await visibleEntries(directory);
  if (!top) return undefined;

  const problems: ContentProblem[] = [];
  const files: ContentFile[] = [];
  for (const name of top) {
    const kind = contentKinds.find(candidate => folderOf(candidate) === name);
    if (!kind) {
      problems.push(fileProblem(name, `nothing here but the folders ${folders}`));
      continue;
    }
    for (const entry of (await visibleEntries(join(directory, name))) ?? []) {
      const file = `${name}/${entry}`;
      const slug = entry.replace(/\.md$/, "");
      if (slug === entry || !isSlug(slug))
        problems.push(fileProblem(file, `a file named <slug>.md, the slug being ${slugPhrase}`));
      else files.push({ kind, slug, file });
    }
  }
  const rank = (file: ContentFile) => contentKinds.indexOf(file.kind);
  files.sort((a, b) => rank(a) - rank(b) || compareText(a.slug, b.slug));
  return { files, problems };
}

function fileProblem(file: string, expected: string): ContentProblem {
  return { file, line: 1, field: "file", expected };
}

/** The text with `\n` line ends; undefined when it cannot be used at all. */
export async function readContent(
  directory: string,
  file: string,
): Promise<{ text: string | undefined; problems: ContentProblem[] }> {
  const problem = (line: number, expected: string): ContentProblem => ({ file, line, field: "file", expected });
  const path = join(directory, file);
  const status = await stat(path);
  if (!status.isFile()) return { text: undefined, problems: [problem(1, "a file")] };
  if (status.size > largestFile) {
    return { text: undefined, problems: [problem(1, largestFilePhrase)] };
  }
  const bytes = await readFile(path);
  const decoded = decode(bytes);
  if (decoded === undefined) {
    return { text: undefined, problems: [problem(firstBrokenLine(bytes), "text encoded in UTF-8")] };
  }
  const text = decoded.replace(/\r\n?/g, "\n");
  const nul = text.indexOf("\0");
  if (nul === -1) return { text, problems: [] };
  const line = text.slice(0, nul).split("\n").length;
  // Said once for the file; further checks go on as if it were an ordinary character.
  return { text: text.replaceAll("\0", "\uFFFD"), problems: [problem(line, "text without NUL characters")] };
}

/** All of the file or nothing: whoever looks sees the old text or the new one. */
export async function writeContent(directory: string, file: string, text: string): Promise<void> {
  const path = join(directory, file);
  const unfinished = join(dirname(path), `.${basename(path)}.new`);
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(unfinished, text);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function visibleEntries(directory: string): Promise<string[] | undefined> {
  try {
    return (await readdir(directory)).filter(name => !name.startsWith(".")).sort(compareText);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A line feed is never part of a longer UTF-8 sequence, so each line can be decoded alone. */
function firstBrokenLine(bytes: Buffer): number {
  let start = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(0x0a, start);
    if (end === -1 || decode(bytes.subarray(start, end)) === undefined) return line;
    start = end + 1;
  }
}
