// Results of a search: a union, where in it the words were found, and how many there are of each kind.
import { createUnionType, Field, Int, ObjectType, type ClassType } from "type-graphql";
import { connectionOf } from "../../graphql/connection";
import { defineEnum } from "../../graphql/enums";
import { Level } from "../lesson/lesson.enums";
import { Lesson } from "../lesson/lesson.type";
import { ToolCategory } from "../tool/tool.enums";
import { Tool } from "../tool/tool.type";
import { TopicCategory } from "../topic/topic.enums";
import { Topic } from "../topic/topic.type";
import { SearchType } from "./search.args";

export const SearchResult = createUnionType({
  name: "SearchResult",
  description: "Something that search finds.",
  types: () => [Topic, Tool, Lesson] as const,
  resolveType: (value: object) => (value as { __typename: "Topic" | "Tool" | "Lesson" }).__typename,
});

export const SearchField = { TITLE: "TITLE", SUMMARY: "SUMMARY", BODY: "BODY" } as const;
export type SearchField = keyof typeof SearchField;

defineEnum(SearchField, "SearchField", "Which part of a result a highlight is from.", {
  TITLE: "The title or the name.",
  SUMMARY: "The summary, or the tagline of a tool.",
  BODY: "The text: the sections of a topic, the description of a tool, the body of a lesson that everybody may read.",
});

@ObjectType("TextRange", { simpleResolvers: true, description: "A part of a text." })
export class TextRange {
  @Field(() => Int, { description: "Where it begins, in UTF-16 code units from 0, as JavaScript counts." })
  readonly start!: number;

  @Field(() => Int, { description: "How long it is, in UTF-16 code units." })
  readonly length!: number;
}

@ObjectType("SearchHighlight", {
  simpleResolvers: true,
  description: "Where in a result the words were found. Plain text and ranges: nothing in it is markup.",
})
export class SearchHighlight {
  @Field(() => SearchField, { description: "Which part of the result it is from." })
  readonly field!: SearchField;

  @Field(() => String, { description: "The text, or a piece of it around what was found; plain text." })
  readonly text!: string;

  @Field(() => [TextRange], { description: "What was found in `text`, in order and apart; at most 100." })
  readonly ranges!: readonly TextRange[];
}

@ObjectType("SearchEdge", { simpleResolvers: true, description: "One result and its place in the search." })
export class SearchEdge {
  @Field(() => SearchResult, { description: "The result." })
  readonly node!: typeof SearchResult;

  @Field(() => String, { description: "Where the result stands in this search: for `after` and `before`." })
  readonly cursor!: string;
}

@ObjectType("SearchConnection", { simpleResolvers: true, description: "A page of the results of a search." })
export class SearchConnection extends connectionOf(
  () => SearchResult as unknown as ClassType<object>,
  () => SearchEdge,
  "results",
) {}

const kinds = (values: object) => `at most ${Object.keys(values).length}`;

/** How many results have one value. */
function facetOf(name: string, values: object, description: string): ClassType<{ value: string; count: number }> {
  @ObjectType(name, { simpleResolvers: true, description })
  class Facet {
    @Field(() => values, { description: "The value." })
    readonly value!: string;

    @Field(() => Int, { description: "How many results have it." })
    readonly count!: number;
  }
  return Facet;
}

const TypeFacet = facetOf("SearchTypeFacet", SearchType, "How many results are of one type.");
const LevelFacet = facetOf("LevelFacet", Level, "How many results have one level.");
const TopicCategoryFacet = facetOf("TopicCategoryFacet", TopicCategory, "How many results are topics of one category.");
const ToolCategoryFacet = facetOf("ToolCategoryFacet", ToolCategory, "How many results are tools of one category.");

type Facet = InstanceType<typeof TypeFacet>;

@ObjectType("SearchFacets", {
  simpleResolvers: true,
  description:
    "How many results there are of each kind, without kinds that have none. Each list leaves its own restriction in `types` or `filter` aside, so that it shows what a wider search would find.",
})
export class SearchFacets {
  @Field(() => [TypeFacet], { description: `By type; ${kinds(SearchType)}.` })
  readonly types!: readonly Facet[];

  @Field(() => [LevelFacet], { description: `By level; ${kinds(Level)}.` })
  readonly levels!: readonly Facet[];

  @Field(() => [TopicCategoryFacet], { description: `By field of work; ${kinds(TopicCategory)}.` })
  readonly topicCategories!: readonly Facet[];

  @Field(() => [ToolCategoryFacet], { description: `By kind of tool; ${kinds(ToolCategory)}.` })
  readonly toolCategories!: readonly Facet[];
}

@ObjectType("SearchSuggestion", { simpleResolvers: true, description: "Something that may be meant." })
export class SearchSuggestion {
  @Field(() => String, { description: "Its title or name." })
  readonly title!: string;

  @Field(() => SearchType, { description: "What it is." })
  readonly type!: SearchType;
}
