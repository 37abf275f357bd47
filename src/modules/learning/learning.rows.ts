// How progress and bookmarks are read: of one learner, the one who asks. The only place with their SQL.
import { sql, type Sql } from "../../db/sql";
import type { ProgressState } from "../../generated/prisma/enums";
import { learnerId, type RequestContext } from "../../request/context";
import { readValue } from "../../request/column";
import { defineEntity } from "../../request/entity";
import { defineList } from "../../request/list";
import { defineLoader } from "../../request/loader";
import { lessonEntity, type LessonRow } from "../lesson/lesson.rows";

export interface ProgressRow {
  state: ProgressState;
  startedAt: string;
  completedAt: string | null;
}

/** The progress of the one who asks with a lesson, by its id; null for nobody and for none. */
export const progressOfLesson = defineLoader<number, ProgressRow | null>({
  name: "Lesson.progress",
  batch: async (ctx, lessonIds) => {
    const learner = learnerId(ctx);
    if (learner === null) return lessonIds.map(() => null);
    const rows = await ctx.session.query<ProgressRow & { lessonId: number }>(sql`
      SELECT p."lesson_id" AS "lessonId", p."state"::text AS "state", ${readValue('p."started_at"', "instant")} AS "startedAt",
        ${readValue('p."completed_at"', "instant")} AS "completedAt"
      FROM "lesson_progress" p WHERE p."learner_id" = ${learner}::uuid AND p."lesson_id" = ANY (${[...lessonIds]}::integer[])`);
    const byLesson = new Map(rows.map(row => [row.lessonId, row]));
    return lessonIds.map(id => byLesson.get(id) ?? null);
  },
});

export interface GroupProgressRow {
  lessonCount: number;
  startedCount: number;
  completedCount: number;
  isCompleted: boolean;
}

interface GroupCounts {
  id: number;
  lessonCount: number;
  startedCount: number;
  completedCount: number;
}

/** The progress of the one who asks with a module, by its id; null for nobody. */
export const progressOfModule = defineGroupLoader(
  "Module.progress",
  "MODULE_LESSONS",
  sql`"lesson" l ON l."id" = p."lesson_id"`,
  sql`l."module_id"`,
);

/** The progress of the one who asks with a topic, by its id; null for nobody. */
export const progressOfTopic = defineGroupLoader(
  "Topic.progress",
  "TOPIC_LESSONS",
  sql`"lesson_topic" l ON l."lesson_id" = p."lesson_id"`,
  sql`l."topic_id"`,
);

/** @param list the list's name in `list_count`. @param lessons what leads from progress `p` to `group`, the id of what the lessons belong to. */
function defineGroupLoader(name: string, list: string, lessons: Sql, group: Sql) {
  return defineLoader<number, GroupProgressRow | null>({
    name,
    batch: async (ctx, ids) => {
      const learner = learnerId(ctx);
      if (learner === null) return ids.map(() => null);
      const rows = await ctx.session.query<GroupCounts>(sql`
        SELECT i."id", coalesce(c."count", 0) AS "lessonCount", p."started" AS "startedCount", p."completed" AS "completedCount"
        FROM unnest(${[...ids]}::integer[]) i("id")
        LEFT JOIN "list_count" c ON c."list" = ${list} AND c."parent_id" = i."id"
        CROSS JOIN LATERAL (
          SELECT count(*) FILTER (WHERE p."state" = 'STARTED')::integer AS "started",
            count(*) FILTER (WHERE p."state" = 'COMPLETED')::integer AS "completed"
          FROM "lesson_progress" p JOIN ${lessons} WHERE p."learner_id" = ${learner}::uuid AND ${group} = i."id"
        ) p`);
      const byId = new Map(rows.map(row => [row.id, row]));
      return ids.map(id => {
        const { lessonCount = 0, startedCount = 0, completedCount = 0 } = byId.get(id) ?? {};
        const isCompleted = lessonCount > 0 && completedCount === lessonCount;
        return { lessonCount, startedCount, completedCount, isCompleted };
      });
    },
  });
}

export const bookmarkKinds = { Lesson: "lesson_id", Topic: "topic_id", Tool: "tool_id" } as const;
export type BookmarkKind = keyof typeof bookmarkKinds;

/** Whether the one who asks has bookmarked something. */
export const isBookmarked = defineLoader<{ kind: BookmarkKind; id: number }, boolean>({
  name: "isBookmarked",
  cacheKey: ({ kind, id }) => `${kind}:${id}`,
  batch: async (ctx, keys) => {
    const learner = learnerId(ctx);
    if (learner === null) return keys.map(() => false);
    const idsOf = (wanted: BookmarkKind) => keys.filter(({ kind }) => kind === wanted).map(({ id }) => id);
    const rows = await ctx.session.query<{ kind: BookmarkKind; id: number }>(sql`
      SELECT 'Lesson' AS "kind", "lesson_id" AS "id" FROM "bookmark"
        WHERE "learner_id" = ${learner}::uuid AND "lesson_id" = ANY (${idsOf("Lesson")}::integer[])
      UNION ALL SELECT 'Topic', "topic_id" FROM "bookmark"
        WHERE "learner_id" = ${learner}::uuid AND "topic_id" = ANY (${idsOf("Topic")}::integer[])
      UNION ALL SELECT 'Tool', "tool_id" FROM "bookmark"
        WHERE "learner_id" = ${learner}::uuid AND "tool_id" = ANY (${idsOf("Tool")}::integer[])`);
    const found = new Set(rows.map(({ kind, id }) => `${kind}:${id}`));
    return keys.map(({ kind, id }) => found.has(`${kind}:${id}`));
  },
});

export interface BookmarkRow {
  id: number;
  learnerId: string;
  lessonId: number | null;
  topicId: number | null;
  toolId: number | null;
  createdAt: string;
}

export const bookmarkEntity = defineEntity<BookmarkRow>({
  name: "Bookmark",
  table: "bookmark",
  columns: {
    id: "integer",
    learnerId: "uuid",
    lessonId: "integer",
    topicId: "integer",
    toolId: "integer",
    createdAt: "instant",
  },
  always: ["id", "learnerId", "lessonId", "topicId", "toolId"],
});

export const bookmarksOfLearner = defineList({
  name: "Viewer.bookmarks",
  entity: bookmarkEntity,
  parent: { expression: 'e."learner_id"', type: "uuid" },
  orders: {
    CREATED_AT: [
      { expression: 'e."created_at"', type: "instant", descending: true },
      { expression: 'e."id"', type: "integer", descending: true },
    ],
  },
  defaultOrder: "CREATED_AT",
});

export interface LearnedLink {
  startedAt: string;
  completedAt: string | null;
}

/** Read from views over the progress: what is begun, the latest first. */
export const startedLessons = defineLearnedList("Viewer.continueLearning", "started_lesson");

/** What is completed, the latest first. */
export const completedLessons = defineLearnedList("Viewer.completedLessons", "completed_lesson");

function defineLearnedList(name: string, view: string) {
  return defineList<LessonRow, LearnedLink>({
    name,
    entity: lessonEntity,
    link: {
      table: view,
      on: 'l."lesson_id" = e."id"',
      columns: { startedAt: "instant", completedAt: "instant" },
    },
    parent: { expression: 'l."learner_id"', type: "uuid" },
    orders: {
      UPDATED_AT: [
        { expression: 'l."updated_at"', type: "instant", descending: true },
        { expression: 'l."lesson_id"', type: "integer", descending: true },
      ],
    },
    defaultOrder: "UPDATED_AT",
  });
}

/**
 * What to do next: the lesson that was begun last and is not completed; else the one after the last completed in its module that is
 * not completed; else the first open one of a module of the level that they prefer, then of a beginner module, in the catalogue's order. Null when nothing is left of these.
 */
export async function nextLessonId(ctx: RequestContext, learner: string): Promise<number | null> {
  const isOpen = sql`NOT EXISTS (
    SELECT 1 FROM "lesson_progress" d WHERE d."learner_id" = ${learner}::uuid AND d."lesson_id" = n."id" AND d."state" = 'COMPLETED')`;
  const [row] = await ctx.session.query<{ id: number | null }>(sql`
    SELECT coalesce(
      (SELECT s."lesson_id" FROM "started_lesson" s WHERE s."learner_id" = ${learner}::uuid
        ORDER BY s."updated_at" DESC, s."lesson_id" DESC LIMIT 1),
      (SELECT n."id" FROM (
          SELECT l."module_id", l."position" FROM "completed_lesson" c JOIN "lesson" l ON l."id" = c."lesson_id"
          WHERE c."learner_id" = ${learner}::uuid AND l."module_id" IS NOT NULL
          ORDER BY c."updated_at" DESC, c."lesson_id" DESC LIMIT 1
        ) last JOIN "lesson" n ON n."module_id" = last."module_id"
        WHERE ${isOpen} ORDER BY n."position" < last."position", n."position" LIMIT 1),
      (SELECT n."id" FROM "app_user" u JOIN "module" m ON m."level" IN (u."preferred_level", 'BEGINNER')
          JOIN "topic" t ON t."id" = m."topic_id" JOIN "lesson" n ON n."module_id" = m."id"
        WHERE u."id" = ${learner}::uuid AND ${isOpen}
        ORDER BY m."level" <> u."preferred_level", t."position", t."id", m."position", n."position" LIMIT 1)
    ) AS "id"`);
  return row?.id ?? null;
}

export interface StreakRow {
  currentDays: number;
  longestDays: number;
  lastLearnedOn: string | null;
}

/** Rows of days that follow each other, by the days of the user's own time zone. */
export async function learningStreak(ctx: RequestContext, userId: string): Promise<StreakRow> {
  const [row] = await ctx.session.query<StreakRow>(sql`
    WITH "zone" AS (SELECT "time_zone" AS "name" FROM "app_user" WHERE "id" = ${userId}::uuid),
    "day" AS (
      SELECT DISTINCT (p."completed_at" AT TIME ZONE z."name")::date AS "day"
      FROM "lesson_progress" p CROSS JOIN "zone" z WHERE p."learner_id" = ${userId}::uuid AND p."completed_at" IS NOT NULL
    ),
    "run" AS (
      SELECT max("day") AS "last", count(*)::integer AS "days"
      FROM (SELECT "day", "day" - row_number() OVER (ORDER BY "day")::integer AS "start" FROM "day") d GROUP BY "start"
    )
    SELECT
      coalesce((
        SELECT "days" FROM "run" r CROSS JOIN "zone" z
        WHERE r."last" >= (${ctx.startedAt.toISOString()}::timestamptz AT TIME ZONE z."name")::date - 1
        ORDER BY "last" DESC LIMIT 1), 0) AS "currentDays",
      coalesce((SELECT max("days") FROM "run"), 0) AS "longestDays",
      to_char((SELECT max("last") FROM "run"), 'YYYY-MM-DD') AS "lastLearnedOn"`);
  return row ?? { currentDays: 0, longestDays: 0, lastLearnedOn: null };
}
