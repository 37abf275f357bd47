// Queries for modules and the fields that start from a module.
import { Arg, Args, Ctx, FieldResolver, Info, Query, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { RequireAccess } from "../../graphql/access";
import { CacheFor } from "../../graphql/cache-control";
import { connect } from "../../graphql/connection";
import { find, findBy } from "../../graphql/lookup";
import type { RequestContext } from "../../request/context";
import { topicEntity } from "../topic/topic.rows";
import { Topic } from "../topic/topic.type";
import { LessonListArgs } from "./lesson.args";
import { ModuleBy } from "./lesson.inputs";
import { lessonsOfModule, moduleEntity, type ModuleRow } from "./lesson.rows";
import { LessonConnection, Module } from "./lesson.type";

@Resolver(() => Module)
export class ModuleResolver {
  @RequireAccess("PUBLIC")
  @CacheFor(60)
  @Query(() => Module, {
    nullable: true,
    description:
      'One module, or null when there is none.\n\nExample: `{ module(by: { slug: "ai-groundwork-for-backend-engineers" }) { title lessons { nodes { title } } } }`',
  })
  module(
    @Arg("by", () => ModuleBy, { description: "Which module." }) by: ModuleBy,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return findBy(moduleEntity, by, ctx, info);
  }

  @FieldResolver(() => Topic, { description: "The topic it belongs to." })
  topic(@Root() module: ModuleRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return find(topicEntity, "id", module.topicId, ctx, info);
  }

  @FieldResolver(() => LessonConnection, { description: "Its lessons, in order unless told." })
  lessons(
    @Root() module: ModuleRow,
    @Args(() => LessonListArgs) args: LessonListArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(lessonsOfModule, module.id, args, ctx, info);
  }
}
