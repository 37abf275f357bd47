// `compareTools`: plans and facts of several tools as an aligned matrix.
import { Arg, Ctx, FieldResolver, Info, Query, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { badInput } from "../../errors/app-error";
import { RequireAccess } from "../../graphql/access";
import { CacheFor } from "../../graphql/cache-control";
import { selectedColumns } from "../../graphql/selection";
import type { RequestContext } from "../../request/context";
import { FactComparisonRow, maxCompared, PlanComparisonRow, ToolComparison } from "./tool-comparison.type";
import { FactKind, PlanUnit } from "./tool.enums";
import { factEntity, factsOfTool, planEntity, plansOfTool, toolEntity, type ToolRow } from "./tool.rows";

interface ComparedTools {
  tools: readonly ToolRow[];
}

const planPaths = [["cells", "plans"]];
const factPaths = [["cells", "facts"]];
const toolPaths = [["tools"], ["planRows", "cells", "tool"], ["factRows", "cells", "tool"]];

@Resolver(() => ToolComparison)
export class ToolComparisonResolver {
  @RequireAccess("PUBLIC")
  @CacheFor(60)
  @Query(() => ToolComparison, {
    description:
      'Several tools side by side: what they cost and what is known of them, in rows with one cell for each tool.\n\nExample: `{ compareTools(slugs: ["cursor", "windsurf"]) { tools { name } planRows { unit cells { plans { name price { amount currency } } } } } }`',
  })
  async compareTools(
    @Arg("slugs", () => [String], { description: `The slugs of 2 tools or more, each once; at most ${maxCompared}.` })
    slugs: string[],
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ComparedTools> {
    if (slugs.length < 2 || slugs.length > maxCompared) throw badInput("slugs", `must be 2 to ${maxCompared}.`);
    if (new Set(slugs).size < slugs.length) throw badInput("slugs", "must not name a tool twice.");
    const columns = selectedColumns(info, toolEntity, toolPaths);
    const tools = await Promise.all(slugs.map(slug => toolEntity.find(ctx, "slug", slug, columns)));
    return {
      tools: tools.map((tool, index) => {
        if (tool === null) throw badInput(`slugs.${index}`, "names no tool.");
        return tool;
      }),
    };
  }

  @FieldResolver(() => [PlanComparisonRow], {
    description: `Prices, one row for each unit that any of the tools is paid by; at most ${Object.keys(PlanUnit).length}.`,
  })
  async planRows(@Root() { tools }: ComparedTools, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    const columns = new Set([...selectedColumns(info, planEntity, planPaths), "unit"]);
    const plans = await Promise.all(tools.map(tool => plansOfTool.rows(ctx, tool.id, columns)));
    return aligned(Object.values(PlanUnit), plans, plan => plan.unit).map(({ key, columns: cells }) => ({
      unit: key,
      cells: tools.map((tool, index) => ({ tool, plans: cells[index] ?? [] })),
    }));
  }

  @FieldResolver(() => [FactComparisonRow], {
    description: `Facts, one row for each kind that is known of any of the tools; at most ${Object.keys(FactKind).length}.`,
  })
  async factRows(@Root() { tools }: ComparedTools, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    const columns = new Set([...selectedColumns(info, factEntity, factPaths), "kind"]);
    const facts = await Promise.all(tools.map(tool => factsOfTool.rows(ctx, tool.id, columns)));
    return aligned(Object.values(FactKind), facts, fact => fact.kind).map(({ key, columns: cells }) => ({
      kind: key,
      cells: tools.map((tool, index) => ({ tool, facts: cells[index] ?? [] })),
    }));
  }
}

/** One row for each of `keys` that any item has, with the items of each column that have it. */
function aligned<Key, Item>(
  keys: readonly Key[],
  columns: readonly (readonly Item[])[],
  keyOf: (item: Item) => Key,
): { key: Key; columns: Item[][] }[] {
  return keys
    .map(key => ({ key, columns: columns.map(items => items.filter(item => keyOf(item) === key)) }))
    .filter(row => row.columns.some(items => items.length > 0));
}
