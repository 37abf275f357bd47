// What is in the database of the entities that are to be written: one statement for each table.
import type { DatabaseSession } from "../db/database";

export type Models = DatabaseSession["models"];
export type StoredRows = Awaited<ReturnType<typeof readStoredRows>>;

/** Ids of entities; all of them where it is left out. */
export interface StoredScope {
  topics: readonly number[];
  tools: readonly number[];
  modules: readonly number[];
  lessons: readonly number[];
}

/** With their parts, and the lessons that the modules hold. One after the other: a transaction has one connection. */
export async function readStoredRows(models: Models, scope?: StoredScope) {
  const within = <Key extends string>(key: Key, ids: readonly number[] | undefined) =>
    (ids ? { where: { [key]: { in: [...ids] } } } : {}) as { where?: Record<Key, { in: number[] }> };
  const bySlug = { orderBy: { slug: "asc" } } as const;
  const { topics, tools, modules, lessons } = scope ?? {};
  return {
    topics: await models.topic.findMany({ ...within("id", topics), ...bySlug }),
    callsToAction: await models.callToAction.findMany(within("topicId", topics)),
    sections: await models.topicSection.findMany(within("topicId", topics)),
    sectionTools: await models.sectionTool.findMany(topics && { where: { section: { topicId: { in: [...topics] } } } }),
    topicTools: await models.topicTool.findMany(within("topicId", topics)),
    tools: await models.tool.findMany({ ...within("id", tools), ...bySlug }),
    plans: await models.toolPlan.findMany(within("toolId", tools)),
    facts: await models.fact.findMany(
      scope && { where: { OR: [{ toolId: { in: [...scope.tools] } }, { topicId: { in: [...scope.topics] } }] } },
    ),
    modules: await models.module.findMany({ ...within("id", modules), ...bySlug }),
    lessons: await models.lesson.findMany({
      ...(scope && { where: { OR: [{ id: { in: [...scope.lessons] } }, { moduleId: { in: [...scope.modules] } }] } }),
      ...bySlug,
    }),
    lessonTopics: await models.lessonTopic.findMany(within("lessonId", lessons)),
    lessonTools: await models.lessonTool.findMany(within("lessonId", lessons)),
    prerequisites: await models.lessonPrerequisite.findMany(within("lessonId", lessons)),
  };
}
