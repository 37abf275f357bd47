// What topics can be filtered and ordered by. Each field has an index, see docs/filters.md; the fields of relations are added by the modules that own them.
import { ArgsType } from "type-graphql";
import { choice, defineFilter, key, range, text } from "../../graphql/filter";
import { listArgsOf } from "../../graphql/list.args";
import { defineOrder } from "../../graphql/order";
import { TopicCategory } from "./topic.enums";

export const topicFilter = defineFilter("Topic", "topic", "topics", {
  slug: key("slug", "The address in URLs."),
  title: text("title", "The title."),
  category: choice(
    "category",
    { values: TopicCategory, name: "TopicCategory", type: "topic_category" },
    "The field of work.",
  ),
  position: range("position", "integer", "The place in the catalogue's own order."),
  updatedOn: range("updated_on", "date", "The day on which editors last revised the page."),
  createdAt: range("created_at", "timestamptz", "When the topic was added."),
});

const id = { expression: 'e."id"', type: "integer" } as const;

export const topicOrder = defineOrder("Topic", "topics", {
  POSITION: {
    description: "The catalogue's own order.",
    keys: [{ expression: 'e."position"', type: "integer" }, id],
  },
  TITLE: {
    description: "The title, ignoring the case of the letters A to Z.",
    keys: [{ expression: 'lower(e."title" COLLATE "C")', type: "text" }, id],
  },
  UPDATED_ON: {
    description: "The day on which editors last revised the page.",
    keys: [{ expression: 'e."updated_on"', type: "date" }, id],
  },
  CREATED_AT: {
    description: "When the topic was added.",
    keys: [{ expression: 'e."created_at"', type: "instant" }, id],
  },
});

@ArgsType()
export class TopicListArgs extends listArgsOf(topicFilter, topicOrder) {}
