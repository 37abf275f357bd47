// Changes of a content in words for its readers. Says what a page shows differently; what only editors or search engines see is left out.
import type { ContentKind } from "../content.files";
import type { SourceOf } from "../source.model";
import type { FieldChange } from "./source.difference";
import { unitOfPlan, type PlanUnit } from "./source.shapes";
import { shareChanged } from "./text.difference";

/** What a page calls the content with this slug. */
export type NameOf = (kind: ContentKind, slug: string) => string;

interface Sentence {
  text: string;
  /** Completes "12 …": for when the same can be said of many. */
  many?: string;
}

type Rule = (change: FieldChange, nameOf: NameOf) => Sentence | undefined;

/** So many sentences that say the same of different things are one. */
const mostAlike = 5;
/** A text of which more is changed is not revised but rewritten. */
const rewrittenShare = 0.5;

/**
 * @param changes of compareSources.
 * @returns plain text, each a sentence on one line, none twice; at most 100, since what can be said of many is folded.
 */
export function changesInWords(kind: ContentKind, changes: readonly FieldChange[], nameOf: NameOf): string[] {
  const whole = changes.find(({ path: [field] }) => field === "title" || field === "name")?.kind;
  if (whole === "ADDED") return ["Published for the first time."];
  if (whole === "REMOVED") return ["Withdrawn."];
  const rules: Readonly<Record<string, Rule>> = readerRules[kind];
  const sentences = changes
    .map(change => rules[change.path[0] ?? ""]?.(change, nameOf))
    .filter(sentence => sentence !== undefined);
  return folded(sentences);
}

/** The contents whose names `changesInWords` will ask for. */
export function namedInWords(
  kind: ContentKind,
  changes: readonly FieldChange[],
): { kind: ContentKind; slug: string }[] {
  const named = new Map<string, { kind: ContentKind; slug: string }>();
  changesInWords(kind, changes, (target, slug) => {
    named.set(`${target} ${slug}`, { kind: target, slug });
    return slug;
  });
  return [...named.values()];
}

function folded(sentences: readonly Sentence[]): string[] {
  const alike = new Map<string, Set<string>>();
  for (const { text, many = text } of sentences) {
    alike.set(many, (alike.get(many) ?? new Set()).add(text.replace(/\s+/g, " ")));
  }
  return [...alike].flatMap(([many, texts]) => (texts.size > mostAlike ? [`${texts.size} ${many}.`] : [...texts]));
}

const unseen: Rule = () => undefined;

const saying =
  (textOf: (change: FieldChange, nameOf: NameOf) => string): Rule =>
  (change, nameOf) => ({ text: textOf(change, nameOf) });

const renamed = (what: string) => saying(({ after }) => `${what} changed to “${after}”.`);
const replaced = (what: string) => saying(({ after }) => `${what} changed to ${after}.`);
const reworded = (what: string) => saying(change => `${what} ${howReworded(change)}.`);
const chosen = (what: string) =>
  saying(({ before, after }) => `${what} changed from ${spelt(before ?? "")} to ${spelt(after ?? "")}.`);

function howReworded({ kind, words }: FieldChange): "added" | "removed" | "rewritten" | "revised" {
  if (kind === "ADDED") return "added";
  if (kind === "REMOVED") return "removed";
  return shareChanged(words) > rewrittenShare ? "rewritten" : "revised";
}

/** Values of enums as words: what is a name keeps its capitals. */
function spelt(value: string): string {
  return spellings[value] ?? value.toLowerCase().replaceAll("_", " ");
}

const spellings: Readonly<Record<string, string>> = {
  A2A: "A2A",
  LSP: "LSP",
  MCP: "MCP",
  MCP_SERVER: "MCP server",
  OAUTH_2_1: "OAuth 2.1",
};

interface Items {
  one: string;
  many: string;
  /** What an item is called; its key when left out. */
  nameOf?: (change: FieldChange, key: string, nameOf: NameOf) => string;
  /** Said when they stand in another order; nothing when left out. */
  order?: string;
  /** About the fields of an item that stays. */
  inside?: (change: FieldChange, name: string, key: string) => Sentence | undefined;
}

/** Items that come, go, stay and stand in an order. */
function items({ one, many, nameOf: itemName, order, inside }: Items): Rule {
  return (change, nameOf) => {
    const [, key, field] = change.path;
    if (key === undefined) return order === undefined ? undefined : { text: order };
    const name = itemName?.(change, key, nameOf) ?? change.label ?? key;
    if (field !== undefined) return inside?.(change, name, key);
    const happened = howReworded(change);
    return { text: `${one} ${name} ${happened}.`, many: `${many} ${happened}` };
  };
}

const linked =
  (kind: ContentKind): NonNullable<Items["nameOf"]> =>
  (_, slug, nameOf) =>
    nameOf(kind, slug);

const topicTools = items({
  one: "Tool",
  many: "tools",
  nameOf: linked("tool"),
  order: "Order of tools changed.",
  inside: (change, name) => {
    switch (change.path[2]) {
      case "blurb":
        return { text: `Text about ${name} ${howReworded(change)}.`, many: "texts about tools changed" };
      case "featured":
        return change.kind === "ADDED"
          ? { text: `${name} is now featured.`, many: "tools are now featured" }
          : { text: `${name} is no longer featured.`, many: "tools are no longer featured" };
      default:
        return undefined;
    }
  },
});

const sections = items({
  one: "Section",
  many: "sections",
  order: "Order of sections changed.",
  inside: (change, name) => {
    switch (change.path[2]) {
      case "heading":
        return {
          text: `Section ${change.before} is now called ${change.after}.`,
          many: "sections have another heading",
        };
      case "body":
        return { text: `Section ${name} ${howReworded(change)}.`, many: `sections ${howReworded(change)}` };
      default:
        return undefined;
    }
  },
});

/** What is said of a fact is its statement, since a fact has no name that readers know. */
const facts: Rule = change => {
  if (change.path.length === 1) return undefined;
  const [, , field] = change.path;
  if (field === "kind" || field === "verifiedOn" || field === "staleAfter") return undefined;
  const happened = field === undefined ? howReworded(change) : "updated";
  const statement = change.label ?? "";
  return {
    text: `Fact ${happened}: ${/[.!?…]$/.test(statement) ? statement : `${statement}.`}`,
    many: `facts ${happened}`,
  };
};

const per: Readonly<Record<PlanUnit, string>> = {
  MONTH: "a month",
  YEAR: "a year",
  SEAT_MONTH: "a month for each seat",
  SEAT_YEAR: "a year for each seat",
  MILLION_INPUT_TOKENS: "for a million input tokens",
  MILLION_OUTPUT_TOKENS: "for a million output tokens",
  ONE_TIME: "once",
  UNIT: "a unit",
};

const plans = items({
  one: "Plan",
  many: "plans",
  order: "Order of plans changed.",
  inside: (change, name, key) => {
    switch (change.path[2]) {
      case "price":
        return { text: `Price of ${name} ${whatPrice(change)} ${per[unitOfPlan(key)]}.`, many: "prices changed" };
      case "description":
        return {
          text: `Description of ${name} ${howReworded(change)}.`,
          many: `descriptions of plans ${howReworded(change)}`,
        };
      default:
        return undefined;
    }
  },
});

function whatPrice({ kind, before, after }: FieldChange): string {
  if (kind === "ADDED") return `is now ${after}`;
  if (kind === "REMOVED") return `is no longer public, and was ${before}`;
  return `changed from ${before} to ${after}`;
}

const callToAction: Rule = ({ path, kind }) => {
  if (path.length > 1 || kind === "CHANGED") return { text: "Call to action changed." };
  return { text: `Call to action ${kind === "ADDED" ? "added" : "removed"}.` };
};

/** A new field does not compile until it says here what readers hear of it. */
const readerRules: {
  readonly [Kind in ContentKind]: { readonly [Field in keyof SourceOf[Kind]]-?: Rule };
} = {
  topic: {
    title: renamed("Title"),
    emoji: unseen,
    category: chosen("Category"),
    position: unseen,
    updatedOn: unseen,
    summary: reworded("Summary"),
    seo: unseen,
    callToAction,
    tools: topicTools,
    sections,
    facts,
  },
  tool: {
    name: renamed("Name"),
    vendor: replaced("Vendor"),
    category: chosen("Category"),
    tagline: renamed("Tagline"),
    website: replaced("Website"),
    pricingModel: chosen("Pricing model"),
    protocols: items({ one: "Protocol", many: "protocols", nameOf: (_, key) => spelt(key) }),
    models: items({ one: "Model family", many: "model families" }),
    plans,
    facts,
    description: reworded("Description"),
  },
  module: {
    title: renamed("Title"),
    topic: saying(({ after }, nameOf) => `Now part of ${nameOf("topic", after ?? "")}.`),
    level: chosen("Level"),
    position: unseen,
    summary: reworded("Summary"),
    lessons: items({
      one: "Lesson",
      many: "lessons",
      nameOf: linked("lesson"),
      order: "Order of lessons changed.",
    }),
  },
  lesson: {
    title: renamed("Title"),
    summary: reworded("Summary"),
    kind: chosen("Kind"),
    level: chosen("Level"),
    durationMinutes: saying(({ before, after }) => `Duration changed from ${before} to ${after} minutes.`),
    access: saying(({ after }) => (after === "PUBLIC" ? "Now open to everybody." : "Now needs a free account.")),
    updatedOn: unseen,
    topics: items({ one: "Topic", many: "topics", nameOf: linked("topic") }),
    tools: items({ one: "Tool", many: "tools", nameOf: linked("tool") }),
    guideTo: saying(({ before, after }, nameOf) =>
      after === null
        ? `No longer a guide to ${nameOf("tool", before ?? "")}.`
        : `Now a guide to ${nameOf("tool", after)}.`,
    ),
    prerequisites: items({ one: "Prerequisite", many: "prerequisites", nameOf: linked("lesson") }),
    body: reworded("Text"),
  },
};
