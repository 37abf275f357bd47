// Rules about facts and figures: what has to be checked again, and what stands in the text without a source.
import { linkTarget } from "../markdown.links";
import type { Source, ToolSource } from "../source.model";
import { quoted, type Found } from "./health.finding";
import {
  addressOf,
  entityOf,
  type HealthSurroundings,
  type KnownEntity,
  type NamedAddress,
} from "./health.surroundings";
import { numberClaims, numbersIn } from "./number.claims";
import { paragraphsOf, plainFields, type MarkdownField } from "./source.texts";

/** @param today `YYYY-MM-DD`. */
export function* checkAges({ kind, content }: Source, today: string): Generator<Found> {
  if (kind !== "tool" && kind !== "topic") return;
  const yearAgo = `${String(Number(today.slice(0, 4)) - 1).padStart(4, "0")}${today.slice(4)}`;
  for (const [index, { key, verifiedOn, staleAfter }] of (content.facts ?? []).entries()) {
    const path = ["facts", index];
    if (staleAfter !== undefined && staleAfter < today) {
      const message = `The fact ${key} had to be checked again after ${staleAfter}.`;
      yield { rule: "STALE_FACT", severity: "WARNING", path: [...path, "staleAfter"], message };
    } else if (verifiedOn === undefined) {
      const message = `Nobody has verified the fact ${key}.`;
      yield { rule: "UNVERIFIED_FACT", severity: "NOTICE", path, message };
    } else if (staleAfter === undefined && verifiedOn < yearAgo) {
      const message = `The fact ${key} was verified on ${verifiedOn}, and no day of the next check is set.`;
      yield { rule: "UNVERIFIED_FACT", severity: "NOTICE", path: [...path, "verifiedOn"], message };
    }
  }
  const plans: ToolSource["plans"] = kind === "tool" ? content.plans : [];
  for (const [index, { name, price, asOf }] of (plans ?? []).entries()) {
    if (!price || asOf >= yearAgo) continue;
    const message = `The price of the plan ${quoted(name)} is that of ${asOf}.`;
    yield { rule: "OLD_PRICE", severity: "NOTICE", path: ["plans", index, "asOf"], message };
  }
}

/**
 * A figure needs a fact or a plan of what its paragraph names, or of the source itself; or a link to another site beside it. Lessons
 * are full of invented examples, so there only paragraphs that name a tool or a topic count.
 */
export function* checkFigures(
  source: Source,
  fields: readonly MarkdownField[],
  named: readonly NamedAddress[],
  surroundings: HealthSurroundings,
): Generator<Found> {
  const known = entitiesOf(named, surroundings);
  const own = entityOf(source);
  const passages = [
    ...plainFields(source).map(({ path, text, tool }) => ({
      path,
      text,
      about: entitiesOf(tool === undefined ? [] : [{ kind: "tool", slug: tool }], surroundings),
    })),
    ...fields.flatMap(({ path, tree }) =>
      paragraphsOf(tree)
        .filter(({ links }) => !links.some(({ url }) => linkTarget(url)?.external))
        .map(({ text, line, links }) => ({
          path,
          text,
          line,
          about: entitiesOf(
            links.flatMap(({ url }) => addressOf(url) ?? []),
            surroundings,
          ),
        })),
    ),
  ];
  for (const { text, about, ...place } of passages) {
    const claims = numberClaims(text);
    if (claims.length === 0) continue;
    const mentioned = [...about, ...known.filter(({ name }) => mentions(text, name))];
    if (source.kind === "lesson" && mentioned.length === 0) continue;
    const sourced = [own, ...(mentioned.length > 0 ? mentioned : known)].flatMap(({ evidence }) =>
      evidence.flatMap(numbersIn),
    );
    for (const claim of claims) {
      if (sourced.some(value => isSame(value, claim.value))) continue;
      const message = `Nothing with a source says ${quoted(claim.text)}.`;
      yield { rule: "NUMBER_WITHOUT_SOURCE", severity: "WARNING", ...place, message };
    }
  }
}

/** The tools and topics among them that are there. */
function entitiesOf(
  addresses: readonly Pick<NamedAddress, "kind" | "slug">[],
  surroundings: HealthSurroundings,
): KnownEntity[] {
  const found = addresses.flatMap(({ kind, slug }) => surroundings.find(kind, slug) ?? []);
  return [...new Set(found)].filter(({ kind }) => kind === "tool" || kind === "topic");
}

/** Whether the text has the name as a word of its own. */
function mentions(text: string, name: string): boolean {
  const parts = text.split(name);
  const isWord = (character = "") => /[\p{L}\p{N}]/u.test(character);
  return parts.slice(1).some((after, index) => !isWord(parts[index]?.at(-1)) && !isWord(after[0]));
}

/** `1.1` millions and `1100000` are not the same float. */
function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.abs(b) * 1e-9;
}
