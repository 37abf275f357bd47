// What a bookmark is of, read by its own entity.
import type { GraphQLResolveInfo } from "graphql";
import { selectedColumns } from "../../graphql/selection";
import type { RequestContext } from "../../request/context";
import { lessonEntity } from "../lesson/lesson.rows";
import { toolEntity } from "../tool/tool.rows";
import { topicEntity } from "../topic/topic.rows";
import type { BookmarkTargetKey } from "./learning.service";

/** The row with the name of its type, or null when it is gone. */
export async function readTarget(ctx: RequestContext, { kind, id }: BookmarkTargetKey, info: GraphQLResolveInfo) {
  const read = {
    Lesson: () => lessonEntity.find(ctx, "id", id, selectedColumns(info, lessonEntity)),
    Topic: () => topicEntity.find(ctx, "id", id, selectedColumns(info, topicEntity)),
    Tool: () => toolEntity.find(ctx, "id", id, selectedColumns(info, toolEntity)),
  };
  const row = await read[kind]();
  return row && { ...row, __typename: kind };
}
