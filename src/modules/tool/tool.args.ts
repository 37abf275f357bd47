// What tools, plans and facts can be filtered and ordered by, and what they add to the filter of topics. Each field has an index, see docs/filters.md.
import { ArgsType } from "type-graphql";
import { sql, trustedSql } from "../../db/sql";
import { choice, choiceList, defineFilter, flag, key, range, text, toMany, toOne } from "../../graphql/filter";
import { listArgsOf } from "../../graphql/list.args";
import { defineOrder } from "../../graphql/order";
import { topicFilter } from "../topic/topic.args";
import { FactKind, PlanUnit, PricingModel, Protocol, ToolCategory } from "./tool.enums";

const planFilter = defineFilter("ToolPlan", "tool_plan", "plans", {
  unit: choice("unit", { values: PlanUnit, name: "PlanUnit", type: "plan_unit" }, "What the price is paid for."),
  amount: range(
    "amount",
    "numeric",
    "The price in the currency's main unit; one that is not public fits no condition.",
  ),
  currency: key("currency", "The currency of the price: three letters after ISO 4217."),
});

export const factFilter = defineFilter("Fact", "fact", "facts", {
  key: key("key", "The stable name of the fact."),
  kind: choice("kind", { values: FactKind, name: "FactKind", type: "fact_kind" }, "What the fact is about."),
  asOf: range("as_of", "date", "The day for which the statement holds."),
  staleAfter: range("stale_after", "date", "The day after which it has to be checked again."),
  isStale: flag(
    ({ alias, shared }) => sql`${trustedSql(`${alias}."stale_after"`)} < ${shared.today()}::date`,
    "Whether `staleAfter` has passed, by the day in UTC.",
  ),
});

export const toolFilter = defineFilter("Tool", "tool", "tools", {
  slug: key("slug", "The address in URLs."),
  name: text("name", "The name."),
  vendor: text("vendor", "Who makes it."),
  category: choice(
    "category",
    { values: ToolCategory, name: "ToolCategory", type: "tool_category" },
    "What kind of tool it is.",
  ),
  pricingModel: choice(
    "pricing_model",
    { values: PricingModel, name: "PricingModel", type: "pricing_model" },
    "How it is paid for.",
  ),
  protocols: choiceList(
    "protocols",
    { values: Protocol, name: "Protocol", type: "protocol" },
    "The open protocols it speaks.",
  ),
  createdAt: range("created_at", "timestamptz", "When the tool was added."),
  plans: toMany(() => planFilter, { own: "id", their: "tool_id" }, "The ways to pay for it."),
  facts: toMany(() => factFilter, { own: "id", their: "tool_id" }, "Dated statements about it."),
  topics: toMany(
    () => topicFilter,
    { own: "id", their: "tool_id", link: { table: "topic_tool", to: "topic_id" } },
    "The topics whose pages show it.",
  ),
});

factFilter.add({
  tool: toOne(() => toolFilter, { own: "tool_id", their: "id" }, "The tool it is about."),
  topic: toOne(() => topicFilter, { own: "topic_id", their: "id" }, "The topic it is about."),
});

topicFilter.add({
  tools: toMany(
    () => toolFilter,
    { own: "id", their: "topic_id", link: { table: "topic_tool", to: "tool_id" } },
    "The tools on the page.",
  ),
  facts: toMany(() => factFilter, { own: "id", their: "topic_id" }, "Dated statements about the field of work."),
});

const id = { expression: 'e."id"', type: "integer" } as const;
const name = { expression: 'lower(e."name" COLLATE "C")', type: "text" } as const;

export const toolOrder = defineOrder("Tool", "tools", {
  NAME: { description: "The name, ignoring the case of the letters A to Z.", keys: [name, id] },
  VENDOR: {
    description: "The vendor, then the name, ignoring the case of the letters A to Z.",
    keys: [{ expression: 'lower(e."vendor" COLLATE "C")', type: "text" }, name, id],
  },
  CREATED_AT: {
    description: "When the tool was added.",
    keys: [{ expression: 'e."created_at"', type: "instant" }, id],
  },
});

export const factOrder = defineOrder("Fact", "facts", {
  AS_OF: {
    description: "The day for which the statement holds.",
    keys: [{ expression: 'e."as_of"', type: "date" }, id],
  },
  STALE_AFTER: {
    description: "The day after which it has to be checked again; facts that do not age come last.",
    keys: [{ expression: 'coalesce(e."stale_after", make_date(9999, 12, 31))', type: "date" }, id],
  },
});

@ArgsType()
export class ToolListArgs extends listArgsOf(toolFilter, toolOrder) {}

@ArgsType()
export class FactListArgs extends listArgsOf(factFilter, factOrder) {}
