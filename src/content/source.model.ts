// What an editor writes about one topic, tool, module or lesson: what stands in its file, and in each of its revisions. Plain JSON.
import type { ContentKind } from "./content.files";
import { compareText } from "./content.problem";
import type { LessonKeys, ModuleKeys, ToolKeys, TopicKeys } from "./content.rules";
import { plainDecimal, slugOf } from "./content.text";

/** Slugs that an entity had before belong to the entity, not to a version of it; files alone carry them. */
type Versioned<Keys> = Omit<Keys, "formerSlugs">;

export type TopicSource = Omit<Versioned<TopicKeys>, "sections"> & {
  /** `body` in Markdown, without the heading. */
  sections: (TopicKeys["sections"][number] & { body: string })[];
};
export type ToolSource = Versioned<ToolKeys> & { description: string };
export type ModuleSource = Versioned<ModuleKeys>;
export type LessonSource = Versioned<LessonKeys> & { body: string };

export interface SourceOf {
  topic: TopicSource;
  tool: ToolSource;
  module: ModuleSource;
  lesson: LessonSource;
}

interface SourceBy<Kind extends ContentKind> {
  kind: Kind;
  slug: string;
  content: SourceOf[Kind];
  formerSlugs: readonly string[];
}

export type Source<Kind extends ContentKind = ContentKind> = { [K in Kind]: SourceBy<K> }[Kind];

/**
 * The one way to write the same content: what equals its default is left out, lists that are empty are left out where they may be,
 * anchors are there, the topics of a lesson, which have no order, stand by slug. What is stored in the tables of the catalogue reads as this form.
 */
export function normalForm<Kind extends ContentKind>(kind: Kind, content: SourceOf[Kind]): SourceOf[Kind] {
  const normal = (normalForms[kind] as (content: SourceOf[Kind]) => SourceOf[Kind])(content);
  // Takes away the keys whose value is undefined.
  return JSON.parse(JSON.stringify(normal)) as SourceOf[Kind];
}

const normalForms: { [Kind in ContentKind]: (content: SourceOf[Kind]) => SourceOf[Kind] } = {
  topic: content => ({
    ...content,
    tools: content.tools.map(({ featured, ...tool }) => ({ ...tool, ...(featured ? { featured } : {}) })),
    sections: content.sections.map(section => ({ ...section, anchor: section.anchor ?? slugOf(section.heading) })),
    ...notEmpty("facts", content.facts?.map(normalFact)),
  }),
  tool: content => ({
    ...content,
    ...notEmpty("protocols", content.protocols),
    ...notEmpty("models", content.models),
    ...notEmpty(
      "plans",
      content.plans?.map(({ price, ...plan }) => ({
        ...plan,
        ...(price ? { price: { ...price, amount: plainDecimal(price.amount) } } : {}),
      })),
    ),
    ...notEmpty("facts", content.facts?.map(normalFact)),
  }),
  module: content => content,
  lesson: content => ({
    ...content,
    topics: [...content.topics].sort(compareText),
    ...notEmpty("tools", content.tools),
    ...notEmpty("prerequisites", content.prerequisites),
  }),
};

function normalFact({ value, comparison, ...fact }: NonNullable<ToolKeys["facts"]>[number]) {
  return {
    ...fact,
    ...(value === undefined ? {} : { value: plainDecimal(value) }),
    ...(comparison === undefined || comparison === "EXACTLY" ? {} : { comparison }),
  };
}

/** The list under its key; undefined when it is empty. */
function notEmpty<Key extends string, Item>(key: Key, items: readonly Item[] | undefined): { [K in Key]?: Item[] } {
  return { [key]: items && items.length > 0 ? [...items] : undefined } as { [K in Key]?: Item[] };
}
