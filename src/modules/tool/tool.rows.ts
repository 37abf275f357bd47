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

const byName = [
  { expression: 'lower(e."name" COLLATE "C")', type: "text" },
  { expression: 'e."id"', type: "integer" },
] as const;

export const tools = defineList({
  name: "Query.tools",
  entity: toolEntity,
  orders: { NAME: byName },
  defaultOrder: "NAME",
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
  },
  parent: { expression: 'l."topic_id"', type: "integer" },
  orders: { RANK: [{ expression: 'l."rank"', type: "integer" }] },
  defaultOrder: "RANK",
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
  orders: { POSITION: inPosition },
  defaultOrder: "POSITION",
});

export const factsOfTopic = defineList({
  name: "Topic.facts",
  entity: factEntity,
  parent: { expression: 'e."topic_id"', type: "integer" },
  orders: { POSITION: inPosition },
  defaultOrder: "POSITION",
});
