// Content health of one source: all rules together, the worst first. Reads nothing but what it is given.
import { fieldName } from "../content.problem";
import { documentOf } from "../document.read";
import type { Source } from "../source.model";
import { checkPlace } from "./catalogue.rules";
import { checkAges, checkFigures } from "./fact.rules";
import { compareSeverity, findingOf, type Found, type HealthFinding } from "./health.finding";
import { addressesIn, addressKey, entityOf, slugsOf, type HealthSurroundings } from "./health.surroundings";
import { checkForm } from "./markdown.rules";
import { markdownFields } from "./source.texts";

/** More would help nobody: who mends these finds the next. */
export const mostFindings = 200;

/**
 * What an editor should know about `source`, published or not. One finding of severity ERROR means that it must not be published.
 * @param today `YYYY-MM-DD`, the day in UTC.
 */
export async function checkHealth(
  source: Source,
  surroundings: HealthSurroundings,
  today: string,
): Promise<HealthFinding[]> {
  const fields = await markdownFields(source);
  const named = addressesIn(source, fields);
  const world = withSelf(source, surroundings);
  const found = [
    ...checkPlace(source, fields, named, world),
    ...checkForm(source, fields),
    ...checkFigures(source, fields, named, world),
    ...checkAges(source, today),
  ];
  return [...(await checkFormat(source, found)), ...found.map(findingOf)].sort(compareSeverity).slice(0, mostFindings);
}

/** What it says now counts, also where something else is published at its address or nothing yet. */
function withSelf(source: Source, surroundings: HealthSurroundings): HealthSurroundings {
  const self = entityOf(source);
  const own = new Set(slugsOf(source).map(slug => addressKey(source.kind, slug)));
  return {
    ...surroundings,
    find: (kind, slug) => (own.has(addressKey(kind, slug)) ? self : surroundings.find(kind, slug)),
  };
}

/** What the format refuses, except in fields of which another rule has said already why they cannot stay so. */
async function checkFormat(source: Source, found: readonly Found[]): Promise<HealthFinding[]> {
  const known = new Set(found.filter(({ severity }) => severity === "ERROR").map(({ path }) => fieldName(path)));
  const { problems } = await documentOf(source);
  return problems
    .map(problem => ({ ...problem, field: fieldOfSource(source, problem.field) }))
    .filter(({ field }) => !known.has(field))
    .map(({ field, line, expected }) =>
      findingOf({
        rule: "INVALID",
        severity: "ERROR",
        path: field.split(/[.[\]]+/).filter(part => part !== ""),
        ...(/^(body|description|sections\[\d+\]\.body)$/.test(field) ? { line } : {}),
        message: `Expected ${expected}.`,
      }),
    );
}

/** Files have a text and front matter where a source has fields. */
function fieldOfSource({ kind }: Source, field: string): string {
  if (field === "file" || field === "front matter") return "";
  return kind === "tool" && field === "body" ? "description" : field;
}
