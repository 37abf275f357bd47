// How tools, plans and facts are stored and read. The only place with their SQL.
import type {
  FactComparison,
  FactKind,
  PlanUnit,
  PricingModel,
  Protocol,
  ToolCategory,
} from "../../generated/prisma/enums";
import { richTextNeeds } from "../../graphql/rich-text.type";
import { defineEntity, type FieldNeeds } from "../../request/entity";
import { defineList } from "../../request/list";
import { topicFilter, topicOrder } from "../topic/topic.args";
import { topicEntity, type TopicRow } from "../topic/topic.rows";
import { factFilter, factOrder, toolFilter, toolOrder } from "./tool.args";

export interface ToolRow {
  id: number;
  slug: string;
  name: string;
  vendor: string;
  category: ToolCategory;
  tagline: string;
  descriptionMarkdown: string;
  descriptionHtml: string;
  descriptionText: string;
  website: string;
  pricingModel: PricingModel;
  protocols: Protocol[];
  models: string[];
  createdAt: string;
  updatedAt: string;
}

export const toolEntity = defineEntity<ToolRow>({
  name: "Tool",
  table: "tool",
  columns: {
    id: "integer",
    slug: "text",
    name: "text",
    vendor: "text",
    category: "enum",
    tagline: "text",
    descriptionMarkdown: "text",
    descriptionHtml: "text",
    descriptionText: "text",
    website: "text",
    pricingModel: "enum",
    protocols: "enums",
    models: "texts",
    createdAt: "instant",
    updatedAt: "instant",
  },
  always: ["id"],
  needs: { description: richTextNeeds("description") },
});

const inPosition = [{ expression: 'e."position"', type: "integer" }] as const;

export const tools = defineList({
  name: "Query.tools",
  entity: toolEntity,
  filter: toolFilter,
  orders: toolOrder.keys,
  defaultOrder: "NAME",
  countedAs: ["TOOL"],
});

export interface TopicToolLink {
  rank: number;
  blurb: string;
  featured: boolean;
}

export const toolsOfTopic = defineList<ToolRow, TopicToolLink>({
  name: "Topic.tools",
  entity: toolEntity,
  link: {
    table: "topic_tool",
    on: 'l."tool_id" = e."id"',
    columns: { rank: "integer", blurb: "text", featured: "boolean" },
    needs: { isFeatured: ["featured"] },
  },
  parent: { expression: 'l."topic_id"', type: "integer" },
  filter: toolFilter,
  orders: { ...toolOrder.keys, RANK: [{ expression: 'l."rank"', type: "integer" }] },
  defaultOrder: "RANK",
  countedAs: ["TOPIC_TOOLS"],
});

export const topicsOfTool = defineList<TopicRow, TopicToolLink>({
  name: "Tool.topics",
  entity: topicEntity,
  link: {
    table: "topic_tool",
    on: 'l."topic_id" = e."id"',
    columns: { rank: "integer", blurb: "text", featured: "boolean" },
    needs: { isFeatured: ["featured"] },
  },
  parent: { expression: 'l."tool_id"', type: "integer" },
  filter: topicFilter,
  orders: topicOrder.keys,
  defaultOrder: "POSITION",
  countedAs: ["TOOL_TOPICS"],
});

/** Read from a view: topics that have tools in common, the most first. */
export const relatedTopics = defineList<TopicRow, { sharedToolCount: number }>({
  name: "Topic.relatedTopics",
  entity: topicEntity,
  link: { table: "related_topic", on: 'l."related_id" = e."id"', columns: { sharedToolCount: "integer" } },
  parent: { expression: 'l."topic_id"', type: "integer" },
  filter: topicFilter,
  orders: {
    ...topicOrder.keys,
    SHARED: [
      { expression: 'l."shared_tool_count"', type: "integer", descending: true },
      { expression: 'e."position"', type: "integer" },
      { expression: 'e."id"', type: "integer" },
    ],
  },
  defaultOrder: "SHARED",
});

/** Read from a view: tools of the same category that topics name side by side, the most often first. */
export const alternativesOfTool = defineList<ToolRow, { sharedTopicCount: number }>({
  name: "Tool.alternatives",
  entity: toolEntity,
  link: { table: "tool_alternative", on: 'l."alternative_id" = e."id"', columns: { sharedTopicCount: "integer" } },
  parent: { expression: 'l."tool_id"', type: "integer" },
  filter: toolFilter,
  orders: {
    ...toolOrder.keys,
    SHARED: [{ expression: 'l."shared_topic_count"', type: "integer", descending: true }, ...toolOrder.keys.NAME],
  },
  defaultOrder: "SHARED",
});

export const toolsOfSection = defineList({
  name: "TopicSection.mentionedTools",
  entity: toolEntity,
  link: { table: "section_tool", on: 'l."tool_id" = e."id"', columns: {} },
  parent: { expression: 'l."section_id"', type: "integer" },
  orders: {
    POSITION: [
      { expression: 'l."position"', type: "integer" },
      { expression: 'l."tool_id"', type: "integer" },
    ],
  },
  defaultOrder: "POSITION",
});

export interface ToolPlanRow {
  id: number;
  toolId: number;
  position: number;
  name: string;
  amount: string | null;
  currency: string | null;
  unit: PlanUnit;
  description: string | null;
  asOf: string;
  sourceName: string;
  sourceUrl: string | null;
}

const sourceNeeds: FieldNeeds = { name: ["sourceName"], url: ["sourceUrl"] };

export const planEntity = defineEntity<ToolPlanRow>({
  name: "ToolPlan",
  table: "tool_plan",
  columns: {
    id: "integer",
    toolId: "integer",
    position: "integer",
    name: "text",
    amount: "decimal",
    currency: "text",
    unit: "enum",
    description: "text",
    asOf: "date",
    sourceName: "text",
    sourceUrl: "text",
  },
  always: ["id", "toolId"],
  needs: { price: ["amount", "currency"], source: sourceNeeds },
});

export const plansOfTool = defineList({
  name: "Tool.plans",
  entity: planEntity,
  parent: { expression: 'e."tool_id"', type: "integer" },
  orders: { POSITION: inPosition },
  defaultOrder: "POSITION",
});

export interface FactRow {
  id: number;
  toolId: number | null;
  topicId: number | null;
  position: number;
  key: string;
  kind: FactKind;
  statement: string;
  value: string | null;
  comparison: FactComparison;
  unit: string | null;
  asOf: string;
  sourceName: string;
  sourceUrl: string | null;
  verifiedOn: string | null;
  staleAfter: string | null;
}

export const factEntity = defineEntity<FactRow>({
  name: "Fact",
  table: "fact",
  columns: {
    id: "integer",
    toolId: "integer",
    topicId: "integer",
    position: "integer",
    key: "text",
    kind: "enum",
    statement: "text",
    value: "decimal",
    comparison: "enum",
    unit: "text",
    asOf: "date",
    sourceName: "text",
    sourceUrl: "text",
    verifiedOn: "date",
    staleAfter: "date",
  },
  always: ["id", "toolId", "topicId"],
  needs: { source: sourceNeeds, isStale: ["staleAfter"] },
});

export const factsOfTool = defineList({
  name: "Tool.facts",
  entity: factEntity,
  parent: { expression: 'e."tool_id"', type: "integer" },
  filter: factFilter,
  orders: { ...factOrder.keys, POSITION: inPosition },
  defaultOrder: "POSITION",
});

export const factsOfTopic = defineList({
  name: "Topic.facts",
  entity: factEntity,
  parent: { expression: 'e."topic_id"', type: "integer" },
  filter: factFilter,
  orders: { ...factOrder.keys, POSITION: inPosition },
  defaultOrder: "POSITION",
});

export const facts = defineList({
  name: "Query.facts",
  entity: factEntity,
  filter: factFilter,
  orders: factOrder.keys,
  defaultOrder: "STALE_AFTER",
  countedAs: ["FACT"],
});
