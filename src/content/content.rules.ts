// The front matter of each kind of file as zod schemas: docs/content.md in code. Every message completes "expected …".
// The only file that imports the generated enums' values.
import { z } from "zod";
import { isStorableText } from "../db/stored-values";
import {
  FactComparison,
  FactKind,
  LessonAccess,
  LessonKind,
  Level,
  PlanUnit,
  PricingModel,
  Protocol,
  SectionKind,
  ToolCategory,
  TopicCategory,
} from "../generated/prisma/enums";
import { isDay, isDecimal, isEmoji, isSitePath, isSlug, isWebAddress, lengthOf } from "./content.text";

const largestInteger = 2_147_483_647;

/** The same phrase for a wrong and for a missing value, except that a missing one is said to be missing. */
const expect = (phrase: string) => ({
  error: (issue: { input?: unknown }) => (issue.input === undefined ? `${phrase}; the key is missing` : phrase),
});

export const storablePhrase = "a text without NUL characters and without broken Unicode";

/** A trimmed, sound text for which `test` holds. */
const textThat = (phrase: string, test: (value: string) => boolean) =>
  z
    .string(expect(phrase))
    .trim()
    .refine(isStorableText, { error: storablePhrase, abort: true })
    .refine(test, { error: phrase });

const text = (most: number) =>
  textThat(`a text of 1 to ${most} characters`, value => value !== "" && lengthOf(value) <= most);
const slug = textThat("a slug: lower-case letters and digits in groups joined by single hyphens, at most 80", isSlug);
const emoji = textThat("one emoji", isEmoji);
const day = textThat("a day of the calendar such as 2026-06-24", isDay);
const decimalPhrase = 'in quotes such as "12.50", at most 12 digits before and 4 after the point';
const decimal = textThat(`a decimal ${decimalPhrase}`, isDecimal);
const price = textThat(`a decimal of 0 or more ${decimalPhrase}`, value => isDecimal(value) && !value.startsWith("-"));
const webAddress = textThat("an address that starts with https:// or http://", isWebAddress);
const integer = (least: number, most: number) => {
  const phrase = most === largestInteger ? `a whole number from ${least}` : `a whole number from ${least} to ${most}`;
  return z.int(expect(phrase)).min(least, { error: phrase }).max(most, { error: phrase });
};
const flag = z.boolean(expect("true or false"));
const oneOf = <const T extends Readonly<Record<string, string>>>(values: T) =>
  z.enum(values, expect(`one of ${Object.values(values).join(", ")}`));

/** More than any page shows, and as many as a list of the API gives at once. */
const mostItems = 100;

function listOf<T extends z.ZodType>(item: T, phrase: string, least = 0) {
  return z
    .array(item, expect(phrase))
    .min(least, { error: phrase })
    .max(mostItems, { error: `at most ${mostItems} entries` });
}

function mapOf<S extends z.ZodRawShape>(shape: S) {
  const keys = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: issue =>
      issue.code === "unrecognized_keys"
        ? `one of the keys ${keys}`
        : `the keys ${keys}${issue.input === undefined ? "; the key is missing" : ""}`,
  });
}

/** About the relation between keys of one map. Runs whatever else is wrong with them, so that every problem is found at once. */
const about = (key: string, error: string) => ({
  path: [key],
  error,
  when: ({ value }: { value: unknown }) => typeof value === "object" && value !== null,
});

const source = mapOf({ name: text(120), url: webAddress.optional() });

const plan = mapOf({
  name: text(80),
  price: mapOf({
    amount: price,
    currency: textThat("a currency of three capital letters such as USD", isCurrency),
  }).optional(),
  unit: oneOf(PlanUnit),
  description: text(300).optional(),
  asOf: day,
  source,
});

const factKeys = mapOf({
  key: slug,
  kind: oneOf(FactKind),
  statement: text(300),
  value: decimal.optional(),
  comparison: oneOf(FactComparison).optional(),
  unit: text(40).optional(),
  asOf: day,
  source,
  verifiedOn: day.optional(),
  staleAfter: day.optional(),
});

const fact = factKeys
  .refine(
    ({ unit, value }) => unit === undefined || value !== undefined,
    about("unit", "no unit, because there is no value"),
  )
  .refine(
    ({ asOf, staleAfter }) => typeof asOf !== "string" || typeof staleAfter !== "string" || staleAfter >= asOf,
    about("staleAfter", "a day that is not before asOf"),
  );

/** What anybody who follows an old address is led from. */
const formerSlugs = listOf(slug, "a list of slugs that it had before").optional();

export const topicRules = mapOf({
  title: text(120),
  emoji,
  category: oneOf(TopicCategory),
  position: integer(1, largestInteger),
  updatedOn: day,
  summary: text(400),
  seo: mapOf({ title: text(70), description: text(160) }),
  callToAction: mapOf({
    headline: text(80),
    body: text(300),
    buttonLabel: text(40),
    href: textThat(
      "a path that starts with /, or an address that starts with https://",
      value => isSitePath(value) || (isWebAddress(value) && value.startsWith("https:")),
    ),
    finePrint: text(120),
  }).optional(),
  tools: listOf(
    mapOf({ tool: slug, featured: flag.optional(), blurb: text(600) }),
    "a list of tools, each with tool and blurb",
  ),
  sections: listOf(
    mapOf({ kind: oneOf(SectionKind), emoji, heading: text(80), anchor: slug.optional() }),
    "a list of sections, each with kind, emoji and heading",
  ),
  facts: listOf(fact, "a list of facts").optional(),
  formerSlugs,
});

export const toolRules = mapOf({
  name: text(80),
  vendor: text(80),
  category: oneOf(ToolCategory),
  tagline: text(160),
  website: webAddress,
  pricingModel: oneOf(PricingModel),
  protocols: listOf(oneOf(Protocol), "a list of protocols").optional(),
  models: listOf(text(60), "a list of model families").optional(),
  plans: listOf(plan, "a list of plans").optional(),
  facts: listOf(fact, "a list of facts").optional(),
  formerSlugs,
});

export const moduleRules = mapOf({
  title: text(120),
  topic: slug,
  level: oneOf(Level),
  position: integer(1, largestInteger),
  summary: text(400),
  lessons: listOf(slug, "a list of the slugs of lessons"),
  formerSlugs,
});

const lessonKeys = mapOf({
  title: text(120),
  summary: text(400),
  kind: oneOf(LessonKind),
  level: oneOf(Level),
  durationMinutes: integer(1, 240),
  access: oneOf(LessonAccess),
  updatedOn: day,
  topics: listOf(slug, "a list of the slugs of topics, at least one", 1),
  tools: listOf(slug, "a list of the slugs of tools").optional(),
  guideTo: slug.optional(),
  prerequisites: listOf(slug, "a list of the slugs of lessons").optional(),
  formerSlugs,
});

type LessonKeys = z.output<typeof lessonKeys>;

export const lessonRules = lessonKeys
  .refine(
    ({ kind, guideTo }) => kind !== "TOOL_GUIDE" || guideTo !== undefined,
    about("guideTo", "the slug of the tool that it guides to, because its kind is TOOL_GUIDE; the key is missing"),
  )
  .refine(
    ({ kind, guideTo }) => kind !== "LESSON" || guideTo === undefined,
    about("guideTo", "no guideTo, because its kind is LESSON"),
  );

export type TopicKeys = z.output<typeof topicRules>;
export type ToolKeys = z.output<typeof toolRules>;
export type ModuleKeys = z.output<typeof moduleRules>;
export type { LessonKeys };

function isCurrency(value: string): boolean {
  return /^[A-Z]{3}$/.test(value);
}
