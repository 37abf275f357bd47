// Who may read a lesson's text. Knows no GraphQL.
import type { RequestContext } from "../../request/context";
import type { ColumnSet } from "../../request/entity";
import { LessonAccess } from "../../generated/prisma/enums";
import { callsToActionOfLesson, lessonBodyEntity, type LessonBodyRow, type LessonRow } from "./lesson.rows";
import type { CallToActionRow } from "../topic/topic.rows";

/** Public lessons are open to everybody, the others to everybody who is signed in. */
export function canReadLesson(ctx: RequestContext, lesson: Pick<LessonRow, "access">): boolean {
  return lesson.access === LessonAccess.PUBLIC || ctx.viewer !== null;
}

/** The text of a lesson that `canReadLesson`; null when the lesson is gone since. */
export function readLessonBody(
  ctx: RequestContext,
  lessonId: number,
  columns: ColumnSet,
): Promise<LessonBodyRow | null> {
  return lessonBodyEntity.find(ctx, "id", lessonId, columns);
}

/** The invitation to show on a locked lesson, or null. */
export async function lockCallToAction(
  ctx: RequestContext,
  lessonId: number,
  columns: ColumnSet,
): Promise<CallToActionRow | null> {
  const [first] = await callsToActionOfLesson.rows(ctx, lessonId, columns, 1);
  return first ?? null;
}
