// What modules and lessons can be filtered and ordered by, and what they add to the filters of topics and tools. Each field has an index, see docs/filters.md.
import { ArgsType } from "type-graphql";
import { choice, defineFilter, key, range, text, toMany, toOne } from "../../graphql/filter";
import { listArgsOf } from "../../graphql/list.args";
import { defineOrder } from "../../graphql/order";
import { toolFilter } from "../tool/tool.args";
import { topicFilter } from "../topic/topic.args";
import { LessonAccess, LessonKind, Level } from "./lesson.enums";

const level = { values: Level, name: "Level", type: "level" };

export const moduleFilter = defineFilter("Module", "module", "modules", {
  slug: key("slug", "The address in URLs."),
  title: text("title", "The title."),
  level: choice("level", level, "How much a reader should know already."),
  topic: toOne(() => topicFilter, { own: "topic_id", their: "id" }, "The topic it belongs to."),
});

export const lessonFilter = defineFilter("Lesson", "lesson", "lessons", {
  slug: key("slug", "The address in URLs."),
  title: text("title", "The title."),
  kind: choice("kind", { values: LessonKind, name: "LessonKind", type: "lesson_kind" }, "What kind of lesson it is."),
  level: choice("level", level, "How much a reader should know already."),
  access: choice(
    "access",
    { values: LessonAccess, name: "LessonAccess", type: "lesson_access" },
    "Who may read the body.",
  ),
  durationMinutes: range("duration_minutes", "integer", "How long the lesson takes, in minutes."),
  updatedOn: range("updated_on", "date", "The day on which editors last revised the lesson."),
  createdAt: range("created_at", "timestamptz", "When the lesson was added."),
  module: toOne(() => moduleFilter, { own: "module_id", their: "id" }, "The module it is in."),
  guideTo: toOne(() => toolFilter, { own: "guides_tool_id", their: "id" }, "The tool it is the guide to."),
  tools: toMany(
    () => toolFilter,
    { own: "id", their: "lesson_id", link: { table: "lesson_tool", to: "tool_id" } },
    "The tools it covers.",
  ),
  topics: toMany(
    () => topicFilter,
    { own: "id", their: "lesson_id", link: { table: "lesson_topic", to: "topic_id" } },
    "The topics it teaches for.",
  ),
  prerequisites: toMany(
    () => lessonFilter,
    { own: "id", their: "lesson_id", link: { table: "lesson_prerequisite", to: "prerequisite_id" } },
    "The lessons to read before.",
  ),
});

moduleFilter.add({
  lessons: toMany(() => lessonFilter, { own: "id", their: "module_id" }, "Its lessons."),
});

topicFilter.add({
  modules: toMany(() => moduleFilter, { own: "id", their: "topic_id" }, "Its modules."),
  lessons: toMany(
    () => lessonFilter,
    { own: "id", their: "topic_id", link: { table: "lesson_topic", to: "lesson_id" } },
    "The lessons that teach for it.",
  ),
});

toolFilter.add({
  guide: toOne(() => lessonFilter, { own: "id", their: "guides_tool_id" }, "The guide to it."),
  lessons: toMany(
    () => lessonFilter,
    { own: "id", their: "tool_id", link: { table: "lesson_tool", to: "lesson_id" } },
    "The lessons that cover it.",
  ),
});

const id = { expression: 'e."id"', type: "integer" } as const;

export const lessonOrder = defineOrder("Lesson", "lessons", {
  TITLE: {
    description: "The title, ignoring the case of the letters A to Z.",
    keys: [{ expression: 'lower(e."title" COLLATE "C")', type: "text" }, id],
  },
  LEVEL: {
    description: "How much a reader should know already, beginners first.",
    keys: [{ expression: 'e."level"', type: "enum", cast: "level", values: Object.values(Level) }, id],
  },
  DURATION: {
    description: "How long the lesson takes.",
    keys: [{ expression: 'e."duration_minutes"', type: "integer" }, id],
  },
  UPDATED_ON: {
    description: "The day on which editors last revised the lesson.",
    keys: [{ expression: 'e."updated_on"', type: "date" }, id],
  },
  CREATED_AT: {
    description: "When the lesson was added.",
    keys: [{ expression: 'e."created_at"', type: "instant" }, id],
  },
});

export const moduleOrder = defineOrder("Module", "modules", {
  TITLE: {
    description: "The title, ignoring the case of the letters A to Z.",
    keys: [{ expression: 'lower(e."title" COLLATE "C")', type: "text" }, id],
  },
  LEVEL: {
    description: "How much a reader should know already, beginners first.",
    keys: [{ expression: 'e."level"', type: "enum", cast: "level", values: Object.values(Level) }, id],
  },
});

@ArgsType()
export class LessonListArgs extends listArgsOf(lessonFilter, lessonOrder) {}

@ArgsType()
export class ModuleListArgs extends listArgsOf(moduleFilter, moduleOrder) {}
