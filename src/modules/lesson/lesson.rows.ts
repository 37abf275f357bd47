// How modules and lessons are stored and read. The only place with their SQL.
import type { LessonAccess, LessonKind, Level } from "../../generated/prisma/enums";
import { richTextNeeds } from "../../graphql/rich-text.type";
import { defineEntity } from "../../request/entity";
import { defineList } from "../../request/list";
import { toolFilter, toolOrder } from "../tool/tool.args";
import { topicFilter, topicOrder } from "../topic/topic.args";
import { callToActionEntity, topicEntity } from "../topic/topic.rows";
import { toolEntity } from "../tool/tool.rows";
import { lessonFilter, lessonOrder, moduleFilter, moduleOrder } from "./lesson.args";

export interface ModuleRow {
  id: number;
  slug: string;
  topicId: number;
  title: string;
  summary: string;
  level: Level;
  position: number;
  createdAt: string;
  updatedAt: string;
}

export const moduleEntity = defineEntity<ModuleRow>({
  name: "Module",
  table: "module",
  columns: {
    id: "integer",
    slug: "text",
    topicId: "integer",
    title: "text",
    summary: "text",
    level: "enum",
    position: "integer",
    createdAt: "instant",
    updatedAt: "instant",
  },
  always: ["id", "topicId"],
});

export const modulesOfTopic = defineList({
  name: "Topic.modules",
  entity: moduleEntity,
  parent: { expression: 'e."topic_id"', type: "integer" },
  filter: moduleFilter,
  orders: {
    ...moduleOrder.keys,
    POSITION: [{ expression: 'e."position"', type: "integer" }],
  },
  defaultOrder: "POSITION",
});

export interface LessonRow {
  id: number;
  slug: string;
  title: string;
  summary: string;
  kind: LessonKind;
  level: Level;
  durationMinutes: number;
  access: LessonAccess;
  updatedOn: string;
  moduleId: number | null;
  position: number | null;
  guidesToolId: number | null;
  createdAt: string;
  updatedAt: string;
}

/** Without the body, which has an entity of its own: nothing that lists lessons can read one. */
export const lessonEntity = defineEntity<LessonRow>({
  name: "Lesson",
  table: "lesson",
  columns: {
    id: "integer",
    slug: "text",
    title: "text",
    summary: "text",
    kind: "enum",
    level: "enum",
    durationMinutes: "integer",
    access: "enum",
    updatedOn: "date",
    moduleId: "integer",
    position: "integer",
    guidesToolId: "integer",
    createdAt: "instant",
    updatedAt: "instant",
  },
  always: ["id"],
  needs: { content: ["access"], module: ["moduleId"], guideTo: ["guidesToolId"] },
});

export interface LessonBodyRow {
  id: number;
  bodyMarkdown: string;
  bodyHtml: string;
  bodyText: string;
}

/** Read only after the viewer was found to be allowed to. */
export const lessonBodyEntity = defineEntity<LessonBodyRow>({
  name: "LessonBody",
  table: "lesson",
  columns: { id: "integer", bodyMarkdown: "text", bodyHtml: "text", bodyText: "text" },
  always: ["id"],
  needs: { body: richTextNeeds("body") },
});

export const lessons = defineList({
  name: "Query.lessons",
  entity: lessonEntity,
  filter: lessonFilter,
  orders: lessonOrder.keys,
  defaultOrder: "TITLE",
  countedAs: ["LESSON", "TOOL_GUIDE"],
});

export const lessonsOfModule = defineList({
  name: "Module.lessons",
  entity: lessonEntity,
  parent: { expression: 'e."module_id"', type: "integer" },
  filter: lessonFilter,
  orders: {
    ...lessonOrder.keys,
    POSITION: [{ expression: 'e."position"', type: "integer" }],
  },
  defaultOrder: "POSITION",
  countedAs: ["MODULE_LESSONS"],
});

export const lessonsOfTopic = defineList({
  name: "Topic.lessons",
  entity: lessonEntity,
  link: { table: "lesson_topic", on: 'l."lesson_id" = e."id"', columns: {} },
  parent: { expression: 'l."topic_id"', type: "integer" },
  filter: lessonFilter,
  orders: {
    ...lessonOrder.keys,
    POSITION: [
      { expression: 'l."position"', type: "integer" },
      { expression: 'l."lesson_id"', type: "integer" },
    ],
  },
  defaultOrder: "POSITION",
  countedAs: ["TOPIC_LESSONS"],
});

export const lessonsOfTool = defineList({
  name: "Tool.lessons",
  entity: lessonEntity,
  link: { table: "lesson_tool", on: 'l."lesson_id" = e."id"', columns: {} },
  parent: { expression: 'l."tool_id"', type: "integer" },
  filter: lessonFilter,
  orders: {
    ...lessonOrder.keys,
    ID: [{ expression: 'l."lesson_id"', type: "integer" }],
  },
  defaultOrder: "ID",
  countedAs: ["TOOL_LESSONS"],
});

export const prerequisitesOfLesson = defineList({
  name: "Lesson.prerequisites",
  entity: lessonEntity,
  link: { table: "lesson_prerequisite", on: 'l."prerequisite_id" = e."id"', columns: {} },
  parent: { expression: 'l."lesson_id"', type: "integer" },
  orders: {
    POSITION: [
      { expression: 'l."position"', type: "integer" },
      { expression: 'l."prerequisite_id"', type: "integer" },
    ],
  },
  defaultOrder: "POSITION",
});

export const toolsOfLesson = defineList({
  name: "Lesson.tools",
  entity: toolEntity,
  link: { table: "lesson_tool", on: 'l."tool_id" = e."id"', columns: {} },
  parent: { expression: 'l."lesson_id"', type: "integer" },
  filter: toolFilter,
  orders: {
    ...toolOrder.keys,
    POSITION: [
      { expression: 'l."position"', type: "integer" },
      { expression: 'l."tool_id"', type: "integer" },
    ],
  },
  defaultOrder: "POSITION",
});

export const topicsOfLesson = defineList({
  name: "Lesson.topics",
  entity: topicEntity,
  link: { table: "lesson_topic", on: 'l."topic_id" = e."id"', columns: {} },
  parent: { expression: 'l."lesson_id"', type: "integer" },
  filter: topicFilter,
  orders: {
    ...topicOrder.keys,
    TOPIC_POSITION: [
      { expression: 'e."position"', type: "integer" },
      { expression: 'l."topic_id"', type: "integer" },
    ],
  },
  defaultOrder: "TOPIC_POSITION",
});

/** The lesson after one in its module, and the one before it. */
export const nextLesson = neighbour("Lesson.next", ">", "ASC");
export const previousLesson = neighbour("Lesson.previous", "<", "DESC");

function neighbour(name: string, side: ">" | "<", direction: "ASC" | "DESC") {
  return defineList({
    name,
    entity: lessonEntity,
    link: {
      table: "lesson",
      // One step into the index of positions, however long the module is; a join would sort it.
      on: `e."id" = (
        SELECT n."id" FROM "lesson" n WHERE n."module_id" = l."module_id" AND n."position" ${side} l."position"
        ORDER BY n."position" ${direction} LIMIT 1)`,
      columns: {},
    },
    parent: { expression: 'l."id"', type: "integer" },
    // Another lesson may come between the two.
    dependsOn: ["Lesson"],
    orders: { ID: [{ expression: 'e."id"', type: "integer" }] },
    defaultOrder: "ID",
  });
}

/** The invitation of the first topic a lesson teaches for, in the catalogue's order as in `topicsOfLesson`; no row when it has none. */
export const callsToActionOfLesson = defineList({
  name: "LessonLock.callToAction",
  entity: callToActionEntity,
  link: {
    table: "lesson_topic",
    on: `l."topic_id" = e."topic_id" AND l."topic_id" = (
      SELECT t."id" FROM "lesson_topic" o JOIN "topic" t ON t."id" = o."topic_id"
      WHERE o."lesson_id" = l."lesson_id" ORDER BY t."position", t."id" LIMIT 1)`,
    columns: {},
  },
  parent: { expression: 'l."lesson_id"', type: "integer" },
  // Topics change places.
  dependsOn: ["Topic"],
  orders: { TOPIC: [{ expression: 'l."topic_id"', type: "integer" }] },
  defaultOrder: "TOPIC",
});
