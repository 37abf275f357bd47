// How topics are stored and read: entities, lists and the rows they give. The only place with their SQL.
import { sql } from "../../db/sql";
import type { SectionKind, TopicCategory } from "../../generated/prisma/enums";
import { richTextNeeds } from "../../graphql/rich-text.type";
import { defineEntity } from "../../request/entity";
import { defineList } from "../../request/list";
import { defineContentLoader } from "../../request/loader";
import { topicFilter, topicOrder } from "./topic.args";

export interface TopicRow {
  id: number;
  slug: string;
  title: string;
  emoji: string;
  summary: string;
  category: TopicCategory;
  position: number;
  updatedOn: string;
  seoTitle: string;
  seoDescription: string;
  createdAt: string;
  updatedAt: string;
}

export const topicEntity = defineEntity<TopicRow>({
  name: "Topic",
  table: "topic",
  columns: {
    id: "integer",
    slug: "text",
    title: "text",
    emoji: "text",
    summary: "text",
    category: "enum",
    position: "integer",
    updatedOn: "date",
    seoTitle: "text",
    seoDescription: "text",
    createdAt: "instant",
    updatedAt: "instant",
  },
  always: ["id"],
  needs: { seo: { title: ["seoTitle"], description: ["seoDescription"] } },
});

export const topics = defineList({
  name: "Query.topics",
  entity: topicEntity,
  filter: topicFilter,
  orders: topicOrder.keys,
  defaultOrder: "POSITION",
  countedAs: ["TOPIC"],
});

export const topicsOfCategory = defineList({
  name: "TopicCategoryGroup.topics",
  entity: topicEntity,
  parent: { expression: 'e."category"', type: "topic_category" },
  filter: topicFilter,
  orders: topicOrder.keys,
  defaultOrder: "POSITION",
});

export interface TopicCategoryRow {
  category: TopicCategory;
  topicCount: number;
}

/** The categories that have topics, in the enum's order. */
export const topicCategories = defineContentLoader<"all", readonly TopicCategoryRow[]>({
  name: "Query.topicCategories",
  madeOf: ["Topic"],
  batch: async (session, keys) => {
    const rows = await session.query<TopicCategoryRow>(sql`
      SELECT "category"::text AS "category", count(*)::integer AS "topicCount"
      FROM "topic" GROUP BY "topic"."category" ORDER BY "topic"."category"`);
    return keys.map(() => rows);
  },
});

export interface TopicSectionRow {
  id: number;
  topicId: number;
  position: number;
  kind: SectionKind;
  emoji: string;
  heading: string;
  anchor: string;
  bodyMarkdown: string;
  bodyHtml: string;
  bodyText: string;
}

export const sectionEntity = defineEntity<TopicSectionRow>({
  name: "TopicSection",
  table: "topic_section",
  columns: {
    id: "integer",
    topicId: "integer",
    position: "integer",
    kind: "enum",
    emoji: "text",
    heading: "text",
    anchor: "text",
    bodyMarkdown: "text",
    bodyHtml: "text",
    bodyText: "text",
  },
  always: ["id", "topicId"],
  needs: { body: richTextNeeds("body") },
});

export const sectionsOfTopic = defineList({
  name: "Topic.sections",
  entity: sectionEntity,
  parent: { expression: 'e."topic_id"', type: "integer" },
  orders: { POSITION: [{ expression: 'e."position"', type: "integer" }] },
  defaultOrder: "POSITION",
});

export interface CallToActionRow {
  topicId: number;
  headline: string;
  body: string;
  buttonLabel: string;
  href: string;
  finePrint: string;
}

export const callToActionEntity = defineEntity<CallToActionRow>({
  name: "CallToAction",
  table: "call_to_action",
  columns: { topicId: "integer", headline: "text", body: "text", buttonLabel: "text", href: "text", finePrint: "text" },
  always: ["topicId"],
});
