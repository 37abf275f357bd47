// Which entities a change of a table is announced as (the migration change_feed): what a cached answer that read the table has to watch.
// Tables and views that are not here are nobody's public content: what is read from them is never shared and never cached.
import { changedTypes, type ChangedType } from "./change-set";

/** The type of the entity that a row is, or is a part of, with the row's field that holds its id. */
export type Owners = Readonly<Partial<Record<ChangedType, string>>>;

const owners: Readonly<Record<string, Owners>> = {
  topic: { Topic: "id" },
  call_to_action: { Topic: "topicId" },
  topic_section: { Topic: "topicId" },
  // Through its section.
  section_tool: { Topic: "topicId" },
  tool: { Tool: "id" },
  tool_plan: { Tool: "toolId" },
  fact: { Tool: "toolId", Topic: "topicId" },
  topic_tool: { Topic: "topicId", Tool: "toolId" },
  module: { Module: "id" },
  lesson: { Lesson: "id" },
  lesson_topic: { Lesson: "lessonId", Topic: "topicId" },
  lesson_tool: { Lesson: "lessonId", Tool: "toolId" },
  lesson_prerequisite: { Lesson: "lessonId" },
};

/** Read through what they are made of: any change of these types may change any of their rows. */
const derived: Readonly<Record<string, readonly ChangedType[]>> = {
  related_topic: ["Topic", "Tool"],
  tool_alternative: ["Topic", "Tool"],
};

/** Everything that readers of the catalogue see is made of these. */
export const contentTypes = changedTypes.filter(type => type !== "Revision" && type !== "Learner");

/** Null for a table whose rows do not say whose they are. */
export function ownersOf(table: string): Owners | null {
  return owners[table] ?? null;
}

/** The types whose announcements cover every change of the table or view; null when it is not public content. */
export function typesOf(table: string): readonly ChangedType[] | null {
  const named = owners[table];
  return named ? (Object.keys(named) as ChangedType[]) : (derived[table] ?? null);
}
