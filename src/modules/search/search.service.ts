// Searching: pages of hits, their nodes, highlights, totals and facets. Knows no GraphQL.
import { contentTypes } from "../../db/announced-tables";
import { badInput } from "../../errors/app-error";
import type { RequestContext } from "../../request/context";
import { cursorScope, decodeCursor, encodeCursor, type KeyType } from "../../request/cursor";
import type { ColumnSet } from "../../request/entity";
import { compileFilter, type FilterInput } from "../../request/filter";
import type { ListPage } from "../../request/list";
import { defineContentLoader, readContent } from "../../request/loader";
import { pageSize, type PageArguments } from "../../request/page-args";
import { SearchType } from "../../generated/prisma/enums";
import { lessonEntity } from "../lesson/lesson.rows";
import { toolEntity } from "../tool/tool.rows";
import { topicEntity } from "../topic/topic.rows";
import { maxPrefixLength, maxQueryLength, maxSuggestions, searchFilter } from "./search.args";
import { highlightsOf, type Highlight, type MarkedTexts } from "./search.highlights";
import {
  facetsStatement,
  hasOperators,
  highlightsStatement,
  hitsStatement,
  suggestionsStatement,
  totalStatement,
  type Hit,
  type HitKeys,
  type SearchQuery,
} from "./search.rows";

export interface SearchArguments extends PageArguments {
  query: string;
  types?: readonly SearchType[] | null;
  filter?: FilterInput | null;
}

/** A node with the name of its GraphQL type. */
export type FoundNode = { __typename: "Topic" | "Tool" | "Lesson" } & object;

/** What an edge's highlights are read from. */
export interface FoundHit {
  hit: Hit;
  query: string;
}

/** The columns to read of each type. */
export type ColumnsByType = Readonly<Record<SearchType, ColumnSet>>;

const keyTypes: readonly KeyType[] = [
  { type: "integer" },
  { type: "enum", values: Object.values(SearchType) },
  { type: "integer" },
];

/** @throws AppError BAD_USER_INPUT for a query, a filter, a page size or a cursor that does not fit. */
export async function searchPage(
  ctx: RequestContext,
  args: SearchArguments,
  columns: ColumnsByType,
): Promise<ListPage<FoundNode, FoundHit>> {
  const query = readQuery(ctx, args);
  const scope = cursorScope("Query.search", query.text, query.types?.join() ?? "", query.filter.key);
  const cursor = (argument: "after" | "before") => {
    const text = args[argument];
    if (text === undefined || text === null) return undefined;
    return decodeCursor(text, scope, keyTypes, argument) as unknown as HitKeys;
  };
  const page = pageSize(args);
  const rows = await readContent<{
    atOrBeforeStart: boolean;
    atOrAfterEnd: boolean;
    rank: number | null;
    type: SearchType;
    id: number;
  }>(ctx, contentTypes, hitsStatement(query, page, cursor("after"), cursor("before")));
  const found = rows.flatMap(row => (row.rank === null ? [] : [{ ...row, rank: row.rank }]));
  const more = found.length > page.size;
  const kept = found.slice(0, page.size);
  if (page.direction === "backward") kept.reverse();
  const nodes = await Promise.all(kept.map(({ type, id }) => readNode(ctx, { type, id }, columns)));
  // A row that was deleted since it was found has no node.
  const edges = kept.flatMap(({ rank, type, id }, index) => {
    const node = nodes[index];
    if (!node) return [];
    return [{ node, hit: { type, id }, query: query.text, cursor: encodeCursor(scope, [rank, type, id]) }];
  });
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    hasNextPage: (page.direction === "forward" && more) || rows[0]?.atOrAfterEnd === true,
    hasPreviousPage: (page.direction === "backward" && more) || rows[0]?.atOrBeforeStart === true,
  };
}

/** How many results there are, up to `maxMatches`. */
export async function searchTotal(ctx: RequestContext, args: SearchArguments): Promise<number> {
  const [row] = await readContent<{ total: number }>(ctx, contentTypes, totalStatement(readQuery(ctx, args)));
  return row?.total ?? 0;
}

export interface FacetCount {
  value: string;
  count: number;
}

const facets = {
  types: { column: "type" },
  levels: { column: "level", field: "level" },
  topicCategories: { column: "topic_category", field: "topicCategory" },
  toolCategories: { column: "tool_category", field: "toolCategory" },
} as const;

/** Counts by value; each facet without its own restriction. */
export async function searchFacets(
  ctx: RequestContext,
  args: SearchArguments,
): Promise<Record<keyof typeof facets, FacetCount[]>> {
  const { text, types, filter } = readQuery(ctx, args);
  const definitions = (Object.keys(facets) as (keyof typeof facets)[]).map(name => {
    const facet = facets[name];
    return "field" in facet
      ? { name, column: facet.column, types, filter: compile(ctx, { ...args.filter, [facet.field]: null }) }
      : { name, column: facet.column, types: null, filter };
  });
  const rows = await readContent<FacetCount & { facet: string }>(ctx, contentTypes, facetsStatement(text, definitions));
  const of = (name: keyof typeof facets) =>
    rows.filter(row => row.facet === name).map(({ value, count }) => ({ value, count }));
  return {
    types: of("types"),
    levels: of("levels"),
    topicCategories: of("topicCategories"),
    toolCategories: of("toolCategories"),
  };
}

/** Where the query was found in a hit; the hits of one search share a statement. */
export const highlights = defineContentLoader<FoundHit, Highlight[]>({
  name: "SearchHit.highlights",
  madeOf: contentTypes,
  cacheKey: ({ hit, query }) => `${hit.type} ${hit.id} ${query}`,
  batch: async (session, keys) => {
    const byHit = new Map<string, Highlight[]>();
    for (const query of new Set(keys.map(key => key.query))) {
      const hits = keys.filter(key => key.query === query).map(key => key.hit);
      const rows = await session.query<Hit & MarkedTexts>(highlightsStatement(query, hits));
      for (const { type, id, TITLE, SUMMARY, BODY } of rows) {
        byHit.set(`${type} ${id} ${query}`, highlightsOf({ TITLE, SUMMARY, BODY }, query, hasOperators(query)));
      }
    }
    return keys.map(({ hit, query }) => byHit.get(`${hit.type} ${hit.id} ${query}`) ?? []);
  },
});

export interface Suggestion extends Hit {
  title: string;
}

/** @throws AppError BAD_USER_INPUT for a prefix or a number that does not fit. */
export async function suggestions(
  ctx: RequestContext,
  { prefix, types, first }: { prefix: string; types?: readonly SearchType[] | null; first?: number | null },
): Promise<readonly Suggestion[]> {
  const size = first ?? 10;
  if (size < 1 || size > maxSuggestions) throw badInput("first", `must be from 1 to ${maxSuggestions}.`);
  const text = checkLength("prefix", prefix.trimStart(), maxPrefixLength);
  return readContent<Suggestion>(ctx, contentTypes, suggestionsStatement(text, checkTypes(types), size));
}

/** The object behind a hit, with its type's name; null when it was deleted since. */
export async function readNode(
  ctx: RequestContext,
  { type, id }: Hit,
  columns: ColumnsByType,
): Promise<FoundNode | null> {
  const row = await entities[type].read(ctx, id, columns[type]);
  return row && { ...row, __typename: entities[type].name };
}

const entities: Readonly<
  Record<
    SearchType,
    {
      name: FoundNode["__typename"];
      read(ctx: RequestContext, id: number, columns: ColumnSet): Promise<object | null>;
    }
  >
> = {
  TOPIC: { name: "Topic", read: (ctx, id, columns) => topicEntity.find(ctx, "id", id, columns) },
  TOOL: { name: "Tool", read: (ctx, id, columns) => toolEntity.find(ctx, "id", id, columns) },
  LESSON: { name: "Lesson", read: (ctx, id, columns) => lessonEntity.find(ctx, "id", id, columns) },
};

function readQuery(ctx: RequestContext, { query, types, filter }: SearchArguments): SearchQuery {
  return {
    text: checkLength("query", query.trim(), maxQueryLength),
    types: checkTypes(types),
    filter: compile(ctx, filter),
  };
}

const compile = (ctx: RequestContext, filter: FilterInput | null | undefined) =>
  compileFilter(ctx, searchFilter.fields, filter);

function checkTypes(types: readonly SearchType[] | null | undefined): readonly SearchType[] | null {
  const most = Object.keys(SearchType).length;
  if (types && types.length > most) throw badInput("types", `must have at most ${most} items.`);
  return types ?? null;
}

function checkLength(argument: string, text: string, most: number): string {
  if (text === "" || text.length > most) throw badInput(argument, `must be 1 to ${most} characters long.`);
  return text;
}
