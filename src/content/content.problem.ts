// What can be wrong with content files, as an editor sees it: the file, the line, the field and what belongs there.

export interface ContentProblem {
  /** Relative to the content directory, with forward slashes. */
  file: string;
  /** From 1. */
  line: number;
  /** A path in the front matter such as `plans[1].price.amount`; or `body`, `front matter`, `file`. */
  field: string;
  /** What would be right: completes "expected …". */
  expected: string;
}

/** A place in the front matter: `["plans", 1, "price", "amount"]`. */
export type FieldPath = readonly (string | number)[];

/** Content that cannot be imported, or exported to where it should go. Nothing was written. */
export class ContentError extends Error {
  override readonly name = "ContentError";

  constructor(
    readonly problems: readonly ContentProblem[],
    wanted: "imported" | "exported" = "imported",
  ) {
    super(`The content cannot be ${wanted}:\n${formatProblems(problems)}`);
  }
}

/** `lessons/foo.md:12  durationMinutes  expected a whole number from 1 to 240`, one line for each problem. */
export function formatProblems(problems: readonly ContentProblem[]): string {
  return problems
    .map(({ file, line, field, expected }) => `${file}:${line}  ${field}  expected ${expected}`)
    .join("\n");
}

/** By file, then line; problems of one line stay in the order in which they were found. The same problem is listed once. */
export function sortProblems(problems: readonly ContentProblem[]): ContentProblem[] {
  const distinct = new Map(problems.map(problem => [JSON.stringify(problem), problem]));
  return [...distinct.values()].sort((a, b) => compareText(a.file, b.file) || a.line - b.line);
}

export function fieldName(path: FieldPath): string {
  const name = path.map(part => (typeof part === "number" ? `[${part}]` : `.${part}`)).join("");
  return name.replace(/^\./, "") || "front matter";
}

/** By code unit, so that the order is the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
