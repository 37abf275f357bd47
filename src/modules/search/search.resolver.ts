// `search` and `suggest`, and what is read of a search only when it is selected.
import { Args, Ctx, FieldResolver, Info, Int, Query, Resolver, Root } from "type-graphql";
import { Cost, ListSize } from "../../graphql/cost";
import type { GraphQLResolveInfo } from "graphql";
import { RequireAccess } from "../../graphql/access";
import { CacheFor } from "../../graphql/cache-control";
import { ConnectionValue, nodePaths } from "../../graphql/connection";
import { selectedColumns } from "../../graphql/selection";
import type { RequestContext } from "../../request/context";
import { lessonEntity } from "../lesson/lesson.rows";
import { toolEntity } from "../tool/tool.rows";
import { topicEntity } from "../topic/topic.rows";
import { SearchArgs, SuggestArgs } from "./search.args";
import { maxMatches } from "./search.rows";
import {
  highlights,
  readNode,
  searchFacets,
  searchPage,
  searchTotal,
  suggestions,
  type ColumnsByType,
  type FoundHit,
  type FoundNode,
  type SearchArguments,
  type Suggestion,
} from "./search.service";
import {
  SearchConnection,
  SearchEdge,
  SearchFacets,
  SearchHighlight,
  SearchResult,
  SearchSuggestion,
} from "./search.type";

/** A page of results that knows the search it is of. */
class FoundPage extends ConnectionValue<FoundNode, FoundHit> {
  constructor(
    page: ConstructorParameters<typeof ConnectionValue<FoundNode, FoundHit>>[0],
    readonly search: SearchArguments,
    ctx: RequestContext,
  ) {
    super(page, () => searchTotal(ctx, search));
  }
}

@Resolver(() => SearchConnection)
export class SearchResolver {
  @RequireAccess("PUBLIC")
  @CacheFor(60)
  @Cost(10)
  @Query(() => SearchConnection, {
    description:
      'Topics, tools and lessons that have the words of `query`, the best first. Forgives typing errors in titles, unless the query has operators.\n\nExample: `{ search(query: "bakend", first: 5) { totalCount edges { node { ... on Topic { title } ... on Tool { name } ... on Lesson { title } } highlights { field text ranges { start length } } } facets { types { value count } } } }`',
  })
  async search(@Args(() => SearchArgs) args: SearchArgs, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return new FoundPage(await searchPage(ctx, args, columnsByType(info, nodePaths)), args, ctx);
  }

  @FieldResolver(() => Int, {
    description: `How many results the whole search has, up to ${maxMatches.toLocaleString("en-US")}: no more are ranked. Counted only when selected.`,
  })
  totalCount(@Root() page: FoundPage): Promise<number> {
    return page.totalCount;
  }

  @FieldResolver(() => SearchFacets, {
    description: "How many results there are of each kind. Counted only when selected.",
  })
  facets(@Root() page: FoundPage, @Ctx() ctx: RequestContext) {
    return searchFacets(ctx, page.search);
  }

  @RequireAccess("PUBLIC")
  @CacheFor(60)
  @Query(() => [SearchSuggestion], {
    description:
      'Titles that somebody may mean who has typed `prefix` so far: those that start with it first, then those with a word that does, then similar ones. In order; at most 20.\n\nExample: `{ suggest(prefix: "cur", first: 5) { title type node { ... on Tool { slug } } } }`',
  })
  suggest(@Args(() => SuggestArgs) args: SuggestArgs, @Ctx() ctx: RequestContext) {
    return suggestions(ctx, args);
  }
}

@Resolver(() => SearchEdge)
export class SearchEdgeResolver {
  @ListSize(3)
  @FieldResolver(() => [SearchHighlight], {
    description: "Where the words were found, one for each part of the result that has some; at most 3.",
  })
  highlights(@Root() edge: FoundHit, @Ctx() ctx: RequestContext) {
    return highlights.load(ctx, edge);
  }
}

@Resolver(() => SearchSuggestion)
export class SearchSuggestionResolver {
  @FieldResolver(() => SearchResult, {
    nullable: true,
    description: "What is suggested; null when it was deleted this very moment.",
  })
  node(@Root() suggestion: Suggestion, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return readNode(ctx, suggestion, columnsByType(info));
  }
}

function columnsByType(info: GraphQLResolveInfo, paths?: typeof nodePaths): ColumnsByType {
  return {
    TOPIC: selectedColumns(info, topicEntity, paths),
    TOOL: selectedColumns(info, toolEntity, paths),
    LESSON: selectedColumns(info, lessonEntity, paths),
  };
}
