// The fields that lessons add to tools.
import { Args, Ctx, FieldResolver, Info, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { connect } from "../../graphql/connection";
import { find } from "../../graphql/lookup";
import type { RequestContext } from "../../request/context";
import type { ToolRow } from "../tool/tool.rows";
import { Tool } from "../tool/tool.type";
import { LessonListArgs } from "./lesson.args";
import { lessonEntity, lessonsOfTool } from "./lesson.rows";
import { Lesson, LessonConnection } from "./lesson.type";

@Resolver(() => Tool)
export class ToolLessonFields {
  @FieldResolver(() => Lesson, { nullable: true, description: "The guide to the tool; null when there is none yet." })
  guide(@Root() tool: ToolRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return find(lessonEntity, "guidesToolId", tool.id, ctx, info);
  }

  @FieldResolver(() => LessonConnection, {
    description: "The lessons that cover the tool, the oldest first unless told.",
  })
  lessons(
    @Root() tool: ToolRow,
    @Args(() => LessonListArgs) args: LessonListArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(lessonsOfTool, tool.id, args, ctx, info);
  }
}
