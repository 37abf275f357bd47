// What a search takes: the types, the filter over what every document has, and their limits.
import { ArgsType, Field, Int } from "type-graphql";
import { SearchType } from "../../generated/prisma/enums";
import { choice, defineFilter } from "../../graphql/filter";
import { defineEnum } from "../../graphql/enums";
import { PageArgs } from "../../graphql/page.args";
import type { FilterInput } from "../../request/filter";
import { LessonAccess, Level } from "../lesson/lesson.enums";
import { ToolCategory } from "../tool/tool.enums";
import { TopicCategory } from "../topic/topic.enums";

defineEnum(SearchType, "SearchType", "What search finds.", {
  TOPIC: "Topics, by their title, summary and sections.",
  TOOL: "Tools, by their name, vendor, tagline and description.",
  LESSON: "Lessons and tool guides, by their title and summary; by their text only where everybody may read it.",
});

export { SearchType };

export const searchFilter = defineFilter("Search", "search_document", "results", {
  level: choice("level", { values: Level, name: "Level", type: "level" }, "The level; only lessons have one."),
  access: choice(
    "access",
    { values: LessonAccess, name: "LessonAccess", type: "lesson_access" },
    "Who may read the body; only lessons say.",
  ),
  topicCategory: choice(
    "topic_category",
    { values: TopicCategory, name: "TopicCategory", type: "topic_category" },
    "The field of work; only topics have one.",
  ),
  toolCategory: choice(
    "tool_category",
    { values: ToolCategory, name: "ToolCategory", type: "tool_category" },
    "What kind of tool it is; only tools say.",
  ),
});

export const maxQueryLength = 200;
const typesDescription = `Only results of these types; all when left out; at most ${Object.keys(SearchType).length}.`;

@ArgsType()
export class SearchArgs extends PageArgs {
  @Field(() => String, {
    description: `What to look for: 1 to ${maxQueryLength} characters. Words are ANDed; \`"…"\` is a phrase, \`or\` gives a choice, \`-\` leaves a word out.`,
  })
  query!: string;

  @Field(() => [SearchType], { nullable: true, description: typesDescription })
  types?: SearchType[] | null;

  @Field(() => searchFilter.input, { nullable: true, description: "Only results that fit." })
  filter?: FilterInput | null;
}

export const maxPrefixLength = 100;
export const maxSuggestions = 20;

@ArgsType()
export class SuggestArgs {
  @Field(() => String, { description: `What was typed so far: 1 to ${maxPrefixLength} characters.` })
  prefix!: string;

  @Field(() => [SearchType], { nullable: true, description: typesDescription })
  types?: SearchType[] | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: 10,
    description: `How many suggestions: 1 to ${maxSuggestions}.`,
  })
  first?: number | null;
}
