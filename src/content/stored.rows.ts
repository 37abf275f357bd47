// Everything of the catalogue that is in the database: one statement for each table.
import type { DatabaseSession } from "../db/database";

export type Models = DatabaseSession["models"];
export type StoredRows = Awaited<ReturnType<typeof readStoredRows>>;

/** One after the other: a transaction has one connection. Facts about topics have no file, so they are left out. */
export async function readStoredRows(models: Models) {
  return {
    topics: await models.topic.findMany({ orderBy: { slug: "asc" } }),
    callsToAction: await models.callToAction.findMany(),
    sections: await models.topicSection.findMany(),
    sectionTools: await models.sectionTool.findMany(),
    topicTools: await models.topicTool.findMany(),
    tools: await models.tool.findMany({ orderBy: { slug: "asc" } }),
    plans: await models.toolPlan.findMany(),
    facts: await models.fact.findMany({ where: { toolId: { not: null } } }),
    modules: await models.module.findMany({ orderBy: { slug: "asc" } }),
    lessons: await models.lesson.findMany({ orderBy: { slug: "asc" } }),
    lessonTopics: await models.lessonTopic.findMany(),
    lessonTools: await models.lessonTool.findMany(),
    prerequisites: await models.lessonPrerequisite.findMany(),
  };
}
