// Where lessons stand: in their module, in the order that the module lists them, and in their topics. Follows what is stored of modules and lessons.
import type { DatabaseSession } from "../db/database";
import { sql } from "../db/sql";

export interface ModuleWithLessons {
  moduleId: number;
  /** In order. */
  lessonIds: readonly number[];
}

/**
 * Puts each lesson in its place, and takes those out that a module held and does not list any more.
 * @param unlisted lessons that keep their place although no module lists them.
 * @returns the lessons that moved.
 */
export async function placeLessons(
  session: DatabaseSession,
  modules: readonly ModuleWithLessons[],
  unlisted: readonly number[] = [],
): Promise<number[]> {
  if (modules.length === 0) return [];
  const places = modules.flatMap(({ moduleId, lessonIds }) =>
    lessonIds.map((lessonId, index) => ({ lessonId, moduleId, position: index + 1 })),
  );
  const rows = await session.query<{ id: number }>(sql`
    WITH "place" AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(places)}::jsonb)
        AS p("lessonId" integer, "moduleId" integer, "position" integer)
    ), "moved" AS (
      SELECT l."id", p."moduleId", p."position" FROM "lesson" l LEFT JOIN "place" p ON p."lessonId" = l."id"
      WHERE (p."lessonId" IS NOT NULL OR l."module_id" = ANY (${modules.map(({ moduleId }) => moduleId)}::integer[]))
        AND (l."module_id", l."position") IS DISTINCT FROM (p."moduleId", p."position")
        AND NOT (p."lessonId" IS NULL AND l."id" = ANY (${[...unlisted]}::integer[]))
    )
    UPDATE "lesson" l SET "module_id" = m."moduleId", "position" = m."position", "updated_at" = now()
    FROM "moved" m WHERE m."id" = l."id" RETURNING l."id" AS "id"`);
  return rows.map(({ id }) => id);
}

/** Numbers the lessons of topics: those in the topic's modules first, by module and by their place there; the others by slug. */
export async function orderLessonsOfTopics(session: DatabaseSession, topicIds: readonly number[]): Promise<void> {
  if (topicIds.length === 0) return;
  await session.query(sql`
    WITH "ranked" AS (
      SELECT lt."lesson_id", lt."topic_id", row_number() OVER (
        PARTITION BY lt."topic_id"
        ORDER BY m."position" NULLS LAST, CASE WHEN m."id" IS NOT NULL THEN l."position" END NULLS LAST, l."slug" COLLATE "C"
      ) AS "rank"
      FROM "lesson_topic" lt JOIN "lesson" l ON l."id" = lt."lesson_id"
      LEFT JOIN "module" m ON m."id" = l."module_id" AND m."topic_id" = lt."topic_id"
      WHERE lt."topic_id" = ANY (${[...topicIds]}::integer[])
    )
    UPDATE "lesson_topic" lt SET "position" = r."rank" FROM "ranked" r
    WHERE lt."lesson_id" = r."lesson_id" AND lt."topic_id" = r."topic_id" AND lt."position" <> r."rank"`);
}
