// How topics are stored and read: entities, lists and the rows they give. The only place with their SQL.
import type { SectionKind, TopicCategory } from "../../generated/prisma/enums";
import { richTextNeeds } from "../../graphql/rich-text.type";
import { defineEntity } from "../../request/entity";
import { defineList } from "../../request/list";

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
  orders: {
    POSITION: [
      { expression: 'e."position"', type: "integer" },
      { expression: 'e."id"', type: "integer" },
    ],
  },
  defaultOrder: "POSITION",
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
