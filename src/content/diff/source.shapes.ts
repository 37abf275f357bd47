// How each part of a content is compared: as a value, word by word, or as a list whose items have an identity. A key that the rules of
// content gain does not compile until it is here.
import type { SourceOf } from "../source.model";

/** Compared as a whole. (Methods, so that the shape of one part stands for the shape of any.) */
interface ValueShape<T> {
  form: "value";
  print(value: T): string;
}

/** Compared word by word. */
interface TextShape {
  form: "text" | "markdown";
}

interface GroupShape<T> {
  form: "group";
  fields: { readonly [Key in keyof T]-?: PartShape<NonNullable<T[Key]>> };
}

type PartShape<T> = [T] extends [string]
  ? ValueShape<T> | TextShape
  : [T] extends [number | boolean]
    ? ValueShape<T>
    : ValueShape<T> | GroupShape<T>;

interface ListShape<Item> {
  form: "list";
  /** What makes an item the same one on both sides; no other item of the list has it. */
  keyOf(item: Item): string;
  /** What people call the item, where that is not its key. */
  labelOf(item: Item): string | null;
  item: PartShape<Item>;
}

type SourceShape<T> = {
  readonly [Key in keyof T]-?: NonNullable<T[Key]> extends readonly (infer Item)[]
    ? ListShape<Item>
    : PartShape<NonNullable<T[Key]>>;
};

export type AnyPart = ValueShape<unknown> | TextShape | AnyGroup;
export interface AnyGroup {
  form: "group";
  fields: Readonly<Record<string, AnyPart>>;
}
export type AnyList = Omit<ListShape<unknown>, "item"> & { item: AnyPart };
export type AnyShape = Readonly<Record<string, AnyPart | AnyList>>;

type Plan = NonNullable<SourceOf["tool"]["plans"]>[number];
type Fact = NonNullable<SourceOf["tool"]["facts"]>[number];
export type PlanUnit = Plan["unit"];

const value = { form: "value", print: String } as const;
const text = { form: "text" } as const;
const markdown = { form: "markdown" } as const;

/** Words without an inside, such as slugs. */
const names = {
  form: "list",
  keyOf: (name: string) => name,
  labelOf: () => null,
  item: value,
} as const;

const source: GroupShape<Fact["source"]> = { form: "group", fields: { name: text, url: value } };

const facts: ListShape<Fact> = {
  form: "list",
  keyOf: fact => fact.key,
  labelOf: fact => fact.statement,
  item: {
    form: "group",
    fields: {
      key: value,
      kind: value,
      statement: text,
      value,
      comparison: value,
      unit: value,
      asOf: value,
      source,
      verifiedOn: value,
      staleAfter: value,
    },
  },
};

/** The unit is the last word of the key of a plan: a name may come several times, with different units. */
const keyOfPlan = ({ name, unit }: Plan) => `${name} ${unit}`;
export const unitOfPlan = (key: string) => key.slice(key.lastIndexOf(" ") + 1) as PlanUnit;

export const sourceShapes: { readonly [Kind in keyof SourceOf]: SourceShape<SourceOf[Kind]> } = {
  topic: {
    title: text,
    emoji: value,
    category: value,
    position: value,
    updatedOn: value,
    summary: text,
    seo: { form: "group", fields: { title: text, description: text } },
    callToAction: {
      form: "group",
      fields: { headline: text, body: text, buttonLabel: text, href: value, finePrint: text },
    },
    tools: {
      form: "list",
      keyOf: ({ tool }) => tool,
      labelOf: () => null,
      item: { form: "group", fields: { tool: value, featured: value, blurb: text } },
    },
    sections: {
      form: "list",
      keyOf: ({ anchor, heading }) => anchor ?? heading,
      labelOf: ({ heading }) => heading,
      item: { form: "group", fields: { kind: value, emoji: value, heading: text, anchor: value, body: markdown } },
    },
    facts,
  },
  tool: {
    name: text,
    vendor: text,
    category: value,
    tagline: text,
    website: value,
    pricingModel: value,
    protocols: names,
    models: names,
    plans: {
      form: "list",
      keyOf: keyOfPlan,
      labelOf: ({ name }) => name,
      item: {
        form: "group",
        fields: {
          name: text,
          // One thing to a reader, and one without the other says nothing.
          price: { form: "value", print: ({ amount, currency }) => `${amount} ${currency}` },
          unit: value,
          description: text,
          asOf: value,
          source,
        },
      },
    },
    facts,
    description: markdown,
  },
  module: {
    title: text,
    topic: value,
    level: value,
    position: value,
    summary: text,
    lessons: names,
  },
  lesson: {
    title: text,
    summary: text,
    kind: value,
    level: value,
    durationMinutes: value,
    access: value,
    updatedOn: value,
    topics: names,
    tools: names,
    guideTo: value,
    prerequisites: names,
    body: markdown,
  },
};
