// What editors write, as GraphQL takes it: one definition of each kind makes the input of something new and the input of changes. The rules
// of the values are those of the content files (content/content.rules.ts).
import { Field, InputType, Int, type ClassType } from "type-graphql";
import type { ContentKind } from "../../content/content.files";
import type { SourceOf } from "../../content/source.model";
import { FactComparison, FactKind, PlanUnit, PricingModel, Protocol, ToolCategory } from "../tool/tool.enums";
import { LessonAccess, LessonKind, Level } from "../lesson/lesson.enums";
import { SectionKind, TopicCategory } from "../topic/topic.enums";
import { DateScalar, DecimalScalar, UrlScalar } from "../../graphql/scalars";

interface InputField {
  type: () => unknown;
  description: string;
  optional?: true;
}

type InputFields = Readonly<Record<string, InputField>>;
type InputClass = ClassType<object>;

/** @param changes whether every field may be left out. */
function defineInput(name: string, description: string, fields: InputFields, changes = false): InputClass {
  const input = { [name]: class {} }[name] as InputClass;
  InputType(name, { description })(input);
  for (const [field, { type, description: text, optional }] of Object.entries(fields)) {
    const nullable = changes || optional === true;
    Field(type as () => InputClass, { nullable, description: text })(input.prototype, field);
  }
  return input;
}

const field = (type: () => unknown, description: string): InputField => ({ type, description });
const optional = (type: () => unknown, description: string): InputField => ({ type, description, optional: true });

const Source = defineInput("SourceInput", "Where a price or a statement comes from.", {
  name: field(() => String, "What the source is called; at most 120 characters."),
  url: optional(() => UrlScalar, "Where it can be read."),
});

export const FactInput = defineInput("FactInput", "A dated statement.", {
  key: field(() => String, "What names it among the facts of its subject, in the form of a slug."),
  kind: field(() => FactKind, "What it is about."),
  statement: field(() => String, "The statement, as plain text; at most 300 characters."),
  value: optional(() => DecimalScalar, "Its number."),
  comparison: optional(() => FactComparison, "How the number is meant; EXACTLY when left out."),
  unit: optional(() => String, "The unit of the number; at most 40 characters."),
  asOf: field(() => DateScalar, "The day for which it holds."),
  source: field(() => Source, "Where it comes from."),
  verifiedOn: optional(() => DateScalar, "The day on which an editor last checked it."),
  staleAfter: optional(() => DateScalar, "The day after which it has to be checked again."),
});

const Seo = defineInput("SeoInput", "What search engines and link previews show of a page.", {
  title: field(() => String, "The title; at most 70 characters."),
  description: field(() => String, "The description; at most 160 characters."),
});

const CallToAction = defineInput("CallToActionInput", "The invitation on a topic page to start learning.", {
  headline: field(() => String, "The headline; at most 80 characters."),
  body: field(() => String, "One or two sentences; at most 300 characters."),
  buttonLabel: field(() => String, "The text of the button; at most 40 characters."),
  href: field(() => String, "Where the button leads: a path that starts with `/`, or an https URL."),
  finePrint: field(() => String, "The small print; at most 120 characters."),
});

export const topicToolFields = {
  blurb: field(() => String, "Why the tool matters for the topic, as plain text; at most 600 characters."),
  isFeatured: optional(() => Boolean, "Whether the page shows the tool with emphasis; false when left out."),
};

const TopicTool = defineInput(
  "TopicToolInput",
  "A tool's place on a topic page; the order of the list is their rank.",
  {
    tool: field(() => String, "The slug of the tool."),
    ...topicToolFields,
  },
);

const Section = defineInput("TopicSectionInput", "A section of a topic page.", {
  kind: field(() => SectionKind, "What it is about."),
  emoji: field(() => String, "One emoji."),
  heading: field(() => String, "The heading, without the emoji; at most 80 characters."),
  anchor: optional(() => String, "The fragment for links, in the form of a slug; made from the heading when left out."),
  body: field(() => String, "The text in Markdown, with headings from level 3 on."),
});

const Price = defineInput("PriceInput", "A price.", {
  amount: field(() => DecimalScalar, "The amount, 0 or more."),
  currency: field(() => String, "The currency by its three capital letters (ISO 4217)."),
});

const Plan = defineInput("ToolPlanInput", "A price plan of a tool.", {
  name: field(() => String, "The name; at most 80 characters."),
  price: optional(() => Price, "The price; left out when it is not public."),
  unit: field(() => PlanUnit, "What the price is for."),
  description: optional(() => String, "What the plan brings; at most 300 characters."),
  asOf: field(() => DateScalar, "The day on which the price was true."),
  source: field(() => Source, "Where it comes from."),
});

const contentFields: Readonly<Record<ContentKind, InputFields>> = {
  topic: {
    title: field(() => String, "The title; at most 120 characters."),
    emoji: field(() => String, "One emoji."),
    category: field(() => TopicCategory, "The field of work."),
    position: field(() => Int, "The place in the catalogue's order, from 1; no other topic has it."),
    updatedOn: field(() => DateScalar, 'What the page shows as "Updated".'),
    summary: field(() => String, "One or two sentences as plain text; at most 400 characters."),
    seo: field(() => Seo, "What search engines show."),
    callToAction: optional(() => CallToAction, "The invitation to start learning."),
    tools: field(() => [TopicTool], "The tools, in rank order; at most 100."),
    sections: field(() => [Section], "The sections, in page order; at most 100."),
    facts: optional(() => [FactInput], "Facts about the topic, in order; at most 100."),
  },
  tool: {
    name: field(() => String, "The name; at most 80 characters."),
    vendor: field(() => String, "Who makes it; at most 80 characters."),
    category: field(() => ToolCategory, "What kind of tool it is."),
    tagline: field(() => String, "One line; at most 160 characters."),
    website: field(() => UrlScalar, "The website."),
    pricingModel: field(() => PricingModel, "How it is paid for."),
    protocols: optional(() => [Protocol], "The protocols it speaks; at most 100."),
    models: optional(() => [String], "The model families it runs on, each at most 60 characters; at most 100."),
    plans: optional(() => [Plan], "The plans, in order; at most 100."),
    facts: optional(() => [FactInput], "Facts about the tool, in order; at most 100."),
    description: field(() => String, "The description in Markdown, with headings from level 2 on."),
  },
  module: {
    title: field(() => String, "The title; at most 120 characters."),
    topic: field(() => String, "The slug of the topic that it belongs to."),
    level: field(() => Level, "The level of its lessons."),
    position: field(() => Int, "The place among the topic's modules, from 1."),
    summary: field(() => String, "What it teaches; at most 400 characters."),
    lessons: field(() => [String], "The slugs of its lessons, in order; at most 100."),
  },
  lesson: {
    title: field(() => String, "The title; at most 120 characters."),
    summary: field(() => String, "What the reader can do afterwards; at most 400 characters."),
    kind: field(() => LessonKind, "A lesson, or a tool guide."),
    level: field(() => Level, "How much it asks for."),
    durationMinutes: field(() => Int, "How long it takes, in minutes: 1 to 240."),
    access: field(() => LessonAccess, "Who may read its text."),
    updatedOn: field(() => DateScalar, "The day on which it was last revised."),
    topics: field(() => [String], "The slugs of the topics it teaches for, at least one; at most 100."),
    tools: optional(() => [String], "The slugs of the tools it covers; at most 100."),
    guideTo: optional(() => String, "The slug of the tool that a tool guide introduces."),
    prerequisites: optional(() => [String], "The slugs of the lessons to read before; at most 100."),
    body: field(() => String, "The text in Markdown, with headings from level 2 on."),
  },
};

const capital = (kind: ContentKind) => `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;

/** The input of all that something new has to say. Called once for each kind. */
export const contentInput = (kind: ContentKind): InputClass =>
  defineInput(`${capital(kind)}ContentInput`, `All that a ${kind} says.`, contentFields[kind]);

/** The input of what is to change. Called once for each kind. */
export const changesInput = (kind: ContentKind): InputClass =>
  defineInput(
    `${capital(kind)}ChangesInput`,
    `What is to change about a ${kind}: what is left out stays, what is null goes, a list is replaced as a whole.`,
    contentFields[kind],
    true,
  );

/** What came through `contentInput`, as it stands in a source. */
export function contentOf<Kind extends ContentKind>(input: object): SourceOf[Kind] {
  return plain(input) as SourceOf[Kind];
}

/** The content with what came through `changesInput`. */
export function withChanges<Kind extends ContentKind>(content: SourceOf[Kind], changes: object): SourceOf[Kind] {
  const given = Object.entries(changes as Record<string, unknown>).filter(([, value]) => value !== undefined);
  const gone = new Set(given.filter(([, value]) => value === null).map(([key]) => key));
  const kept = Object.entries(content).filter(([key]) => !gone.has(key));
  return { ...Object.fromEntries(kept), ...(plain(Object.fromEntries(given)) as object) } as SourceOf[Kind];
}

/** Without prototypes, and without keys that have no value. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key === "isFeatured" ? "featured" : key, plain(inner)]));
}
