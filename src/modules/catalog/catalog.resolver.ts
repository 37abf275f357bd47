// The catalogue's numbers, and the claim that a call to action makes from them.
import { Ctx, FieldResolver, Query, Resolver } from "type-graphql";
import { RequireAccess } from "../../graphql/access";
import { CacheFor } from "../../graphql/cache-control";
import type { RequestContext } from "../../request/context";
import { CallToAction } from "../topic/topic.type";
import { catalogCounts, lessonClaim } from "./catalog.service";
import { CatalogStats } from "./catalog.type";

@Resolver(() => CatalogStats)
export class CatalogResolver {
  @RequireAccess("PUBLIC")
  @CacheFor(60)
  @Query(() => CatalogStats, {
    description:
      "How much the catalogue holds.\n\nExample: `{ catalogStats { topicCount toolCount lessonCount toolGuideCount } }`",
  })
  async catalogStats(@Ctx() ctx: RequestContext): Promise<CatalogStats> {
    const counts = await catalogCounts(ctx);
    return {
      topicCount: counts.TOPIC,
      toolCount: counts.TOOL,
      moduleCount: counts.MODULE,
      lessonCount: counts.LESSON,
      toolGuideCount: counts.TOOL_GUIDE,
      factCount: counts.FACT,
    };
  }
}

@Resolver(() => CallToAction)
export class CallToActionClaim {
  @FieldResolver(() => String, {
    description:
      "How much a free account opens, from the catalogue's own counts, such as `500+ free lessons and tool guides`.",
  })
  claim(@Ctx() ctx: RequestContext): Promise<string> {
    return lessonClaim(ctx);
  }
}
