// What the rules of health must know beyond the one source they look at, so that they need no database.
import type { ContentKind } from "../content.files";
import type { FieldPath } from "../content.problem";
import { isSitePath } from "../content.text";
import { linkTarget } from "../markdown.links";
import type { Source, ToolSource } from "../source.model";
import { linksOf, type MarkdownField } from "./source.texts";

export interface KnownEntity {
  kind: ContentKind;
  /** Its address today. */
  slug: string;
  /** Its name or title. */
  name: string;
  /** What is said of a tool or a topic with a day and a source: statements, values and prices, each as a text that holds its numbers. */
  evidence: readonly string[];
}

export interface HealthSurroundings {
  /** What is published under an address, also under one that it had before; undefined when nothing is. */
  find(kind: ContentKind, slug: string): KnownEntity | undefined;
  /** Whether a published module holds the lesson. */
  isInModule(lessonSlug: string): boolean;
}

/** What a source names, and where. */
export interface NamedAddress {
  kind: ContentKind;
  slug: string;
  path: FieldPath;
  /** Within Markdown. */
  line?: number;
}

/** Every topic, tool, module and lesson that a source names, in a key or in a link. */
export function addressesIn(source: Source, fields: readonly MarkdownField[]): NamedAddress[] {
  const links = fields.flatMap(({ path, tree }) =>
    linksOf(tree).flatMap(({ url, line }) => {
      const address = addressOf(url);
      return address ? [{ ...address, path, line }] : [];
    }),
  );
  return [...addressesInKeys(source), ...links];
}

/** What a link leads to, as `tool:cursor` or as the path of its page. */
export function addressOf(url: string): Pick<NamedAddress, "kind" | "slug"> | undefined {
  const reference = linkTarget(url)?.reference;
  if (reference) return reference;
  const [, kind, slug] = /^\/(topic|tool|lesson)s\/([^/?#]+)\/?(?:[?#].*)?$/.exec(url) ?? [];
  return kind !== undefined && slug !== undefined ? { kind: kind as ContentKind, slug } : undefined;
}

function addressesInKeys({ kind, content }: Source): NamedAddress[] {
  const each = (target: ContentKind, key: string, slugs: readonly string[] = []): NamedAddress[] =>
    slugs.map((slug, index) => ({ kind: target, slug, path: [key, index] }));
  switch (kind) {
    case "topic": {
      const href = content.callToAction?.href ?? "";
      const action = isSitePath(href) ? addressOf(href) : undefined;
      return [
        ...content.tools.map(({ tool }, index) => ({
          kind: "tool" as const,
          slug: tool,
          path: ["tools", index, "tool"],
        })),
        ...(action ? [{ ...action, path: ["callToAction", "href"] }] : []),
      ];
    }
    case "tool":
      return [];
    case "module":
      return [{ kind: "topic", slug: content.topic, path: ["topic"] }, ...each("lesson", "lessons", content.lessons)];
    case "lesson":
      return [
        ...each("topic", "topics", content.topics),
        ...each("tool", "tools", content.tools),
        ...(content.guideTo === undefined ? [] : [{ kind: "tool" as const, slug: content.guideTo, path: ["guideTo"] }]),
        ...each("lesson", "prerequisites", content.prerequisites),
      ];
  }
}

/** What others know of a source. */
export function entityOf({ kind, slug, content }: Source): KnownEntity {
  switch (kind) {
    case "topic":
      return { kind, slug, name: content.title, evidence: evidenceOf(content) };
    case "tool":
      return { kind, slug, name: content.name, evidence: evidenceOf(content) };
    case "module":
    case "lesson":
      return { kind, slug, name: content.title, evidence: [] };
  }
}

function evidenceOf({ facts = [], plans = [] }: Pick<ToolSource, "facts" | "plans">): string[] {
  return [
    ...facts.map(({ statement, value = "" }) => `${statement} ${value}`),
    ...plans.map(({ price, description = "" }) => `${price?.amount ?? ""} ${description}`),
  ];
}

export const slugsOf = ({ slug, formerSlugs }: Source): string[] => [slug, ...formerSlugs];

export const addressKey = (kind: ContentKind, slug: string): string => `${kind}:${slug}`;

/** The surroundings in which exactly these sources are published. */
export function surroundingsOf(sources: readonly Source[]): HealthSurroundings {
  const entities = new Map(
    sources.flatMap(source => {
      const entity = entityOf(source);
      return slugsOf(source).map(slug => [addressKey(source.kind, slug), entity] as const);
    }),
  );
  const inModules = new Set(sources.flatMap(({ kind, content }) => (kind === "module" ? content.lessons : [])));
  return {
    find: (kind, slug) => entities.get(addressKey(kind, slug)),
    isInModule: slug => inModules.has(slug),
  };
}
