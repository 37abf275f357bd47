// The fields that lessons and modules add to topics.
import { Args, Ctx, FieldResolver, Info, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { connect } from "../../graphql/connection";
import type { RequestContext } from "../../request/context";
import type { TopicRow } from "../topic/topic.rows";
import { Topic } from "../topic/topic.type";
import { LessonListArgs, ModuleListArgs } from "./lesson.args";
import { lessonsOfTopic, modulesOfTopic } from "./lesson.rows";
import { LessonConnection, ModuleConnection } from "./lesson.type";

@Resolver(() => Topic)
export class TopicLessonFields {
  @FieldResolver(() => ModuleConnection, { description: "The modules of the topic, in order unless told." })
  modules(
    @Root() topic: TopicRow,
    @Args(() => ModuleListArgs) args: ModuleListArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(modulesOfTopic, topic.id, args, ctx, info);
  }

  @FieldResolver(() => LessonConnection, {
    description:
      "The lessons that teach for the topic: those of its modules first, in order, then the others, unless told.",
  })
  lessons(
    @Root() topic: TopicRow,
    @Args(() => LessonListArgs) args: LessonListArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(lessonsOfTopic, topic.id, args, ctx, info);
  }
}
