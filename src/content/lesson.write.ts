// Writes lessons with their place in a module, their topics, tools and prerequisites.
import type { Prisma } from "../generated/prisma/client";
import { compareText } from "./content.problem";
import { dayOf } from "./content.text";
import type { LessonContent, ModuleContent } from "./document.read";
import { difference, replacement } from "./rows.difference";
import { idIn, inPortions, markOwners, writeEntities, type WrittenEntities } from "./rows.write";
import type { Models, StoredRows } from "./stored.rows";

export interface LessonSurroundings {
  modules: readonly ModuleContent[];
  topicIds: ReadonlyMap<string, number>;
  toolIds: ReadonlyMap<string, number>;
  moduleIds: ReadonlyMap<string, number>;
}

/** Lessons that are to go must be gone: one of them may guide to the tool of a new one. */
export async function writeLessons(
  models: Models,
  stored: StoredRows,
  lessons: readonly LessonContent[],
  surroundings: LessonSurroundings,
  now: Date,
): Promise<WrittenEntities> {
  const places = placesOf(surroundings);
  const rows = lessons.map(lesson => lessonRow(lesson, places.get(lesson.slug), surroundings.toolIds));
  const before = await freeGuidedTools(models, stored.lessons, rows);
  const written = await writeEntities(before, rows, {
    create: data => models.lesson.createManyAndReturn({ data, select: { id: true, slug: true } }),
    update: (id, data) => models.lesson.update({ where: { id }, data, select: { id: true } }),
  });
  const withId = lessons.map(lesson => ({ lesson, lessonId: idIn(written.ids, lesson.slug) }));
  const owners = [
    ...(await writeTopicLinks(models, stored, withId, surroundings)),
    ...(await writeToolLinks(models, stored, withId, surroundings.toolIds)),
    ...(await writePrerequisites(models, stored, withId, written.ids)),
  ];
  const touched = markOwners(written, owners);
  await inPortions(touched, ids => models.lesson.updateMany({ where: { id: { in: ids } }, data: { updatedAt: now } }));
  return written;
}

interface Place {
  moduleId: number;
  position: number;
}

function placesOf({ modules, moduleIds }: LessonSurroundings): Map<string, Place> {
  return new Map(
    modules.flatMap(module => {
      const moduleId = idIn(moduleIds, module.slug);
      return module.lessons.map((slug, index): [string, Place] => [slug, { moduleId, position: index + 1 }]);
    }),
  );
}

/**
 * A tool has one guide, held unique at every moment: before two guides can change places, both must let go.
 * @returns the stored rows; what was taken from them counts as unknown, so that it is written again.
 */
async function freeGuidedTools(
  models: Models,
  stored: StoredRows["lessons"],
  wanted: readonly ReturnType<typeof lessonRow>[],
) {
  const guides = new Map(wanted.map(({ slug, guidesToolId }) => [slug, guidesToolId]));
  const letsGo = ({ slug, guidesToolId }: StoredRows["lessons"][number]) =>
    guidesToolId !== null && guides.has(slug) && guides.get(slug) !== guidesToolId;
  await inPortions(stored.filter(letsGo), lessons =>
    models.lesson.updateMany({
      where: { id: { in: lessons.map(({ id }) => id) } },
      data: { kind: "LESSON", guidesToolId: null },
    }),
  );
  return stored.map(lesson => (letsGo(lesson) ? { ...lesson, kind: undefined, guidesToolId: undefined } : lesson));
}

type LessonsWithId = readonly { lesson: LessonContent; lessonId: number }[];

/**
 * Returns the ids of the lessons that gained or lost a topic. A lesson that only moved within a topic, because others came or went,
 * has not changed itself.
 */
async function writeTopicLinks(
  models: Models,
  stored: StoredRows,
  lessons: LessonsWithId,
  { modules, topicIds }: LessonSurroundings,
): Promise<number[]> {
  const mine = new Set(lessons.map(({ lessonId }) => lessonId));
  const wanted = [...new Set(lessons.flatMap(({ lesson }) => lesson.topics))].flatMap(topic => {
    const order = lessonsInModules(topic, modules);
    const rank = (slug: string) => order.get(slug) ?? Infinity;
    return lessons
      .filter(({ lesson }) => lesson.topics.includes(topic))
      .sort(({ lesson: a }, { lesson: b }) =>
        rank(a.slug) === rank(b.slug) ? compareText(a.slug, b.slug) : rank(a.slug) - rank(b.slug),
      )
      .map(
        ({ lessonId }, index) =>
          ({
            lessonId,
            topicId: idIn(topicIds, topic),
            position: index + 1,
          }) satisfies Prisma.LessonTopicCreateManyInput,
      );
  });
  const found = difference<
    { lessonId: number; topicId: number },
    StoredRows["lessonTopics"][number],
    (typeof wanted)[number]
  >(
    stored.lessonTopics.filter(({ lessonId }) => mine.has(lessonId)),
    wanted,
    ({ lessonId, topicId }) => `${lessonId} ${topicId}`,
  );
  const { remove, create } = replacement(found);
  await inPortions(remove, rows =>
    models.lessonTopic.deleteMany({ where: { OR: rows.map(({ lessonId, topicId }) => ({ lessonId, topicId })) } }),
  );
  await inPortions(create, data => models.lessonTopic.createMany({ data }));
  return [...found.added, ...found.removed].map(({ lessonId }) => lessonId);
}

/** The place of each lesson that is in a module of the topic: by module, then by its place there. */
function lessonsInModules(topic: string, modules: readonly ModuleContent[]): Map<string, number> {
  const ordered = modules
    .filter(module => module.topic === topic)
    .sort((a, b) => a.position - b.position)
    .flatMap(module => module.lessons);
  return new Map(ordered.map((slug, index) => [slug, index]));
}

async function writeToolLinks(
  models: Models,
  stored: StoredRows,
  lessons: LessonsWithId,
  toolIds: ReadonlyMap<string, number>,
): Promise<number[]> {
  const mine = new Set(lessons.map(({ lessonId }) => lessonId));
  const wanted = lessons.flatMap(({ lesson, lessonId }) =>
    (lesson.tools ?? []).map(
      (tool, index) =>
        ({ lessonId, toolId: idIn(toolIds, tool), position: index + 1 }) satisfies Prisma.LessonToolCreateManyInput,
    ),
  );
  const { remove, create } = replacement(
    difference<{ lessonId: number; toolId: number }, StoredRows["lessonTools"][number], (typeof wanted)[number]>(
      stored.lessonTools.filter(({ lessonId }) => mine.has(lessonId)),
      wanted,
      ({ lessonId, toolId }) => `${lessonId} ${toolId}`,
    ),
  );
  await inPortions(remove, rows =>
    models.lessonTool.deleteMany({ where: { OR: rows.map(({ lessonId, toolId }) => ({ lessonId, toolId })) } }),
  );
  await inPortions(create, data => models.lessonTool.createMany({ data }));
  return [...remove, ...create].map(({ lessonId }) => lessonId);
}

async function writePrerequisites(
  models: Models,
  stored: StoredRows,
  lessons: LessonsWithId,
  lessonIds: ReadonlyMap<string, number>,
): Promise<number[]> {
  const mine = new Set(lessons.map(({ lessonId }) => lessonId));
  const wanted = lessons.flatMap(({ lesson, lessonId }) =>
    (lesson.prerequisites ?? []).map(
      (slug, index) =>
        ({
          lessonId,
          prerequisiteId: idIn(lessonIds, slug),
          position: index + 1,
        }) satisfies Prisma.LessonPrerequisiteCreateManyInput,
    ),
  );
  const { remove, create } = replacement(
    difference<
      { lessonId: number; prerequisiteId: number },
      StoredRows["prerequisites"][number],
      (typeof wanted)[number]
    >(
      stored.prerequisites.filter(({ lessonId }) => mine.has(lessonId)),
      wanted,
      ({ lessonId, prerequisiteId }) => `${lessonId} ${prerequisiteId}`,
    ),
  );
  await inPortions(remove, rows =>
    models.lessonPrerequisite.deleteMany({
      where: { OR: rows.map(({ lessonId, prerequisiteId }) => ({ lessonId, prerequisiteId })) },
    }),
  );
  await inPortions(create, data => models.lessonPrerequisite.createMany({ data }));
  return [...remove, ...create].map(({ lessonId }) => lessonId);
}

function lessonRow(lesson: LessonContent, place: Place | undefined, toolIds: ReadonlyMap<string, number>) {
  return {
    slug: lesson.slug,
    title: lesson.title,
    summary: lesson.summary,
    kind: lesson.kind,
    level: lesson.level,
    durationMinutes: lesson.durationMinutes,
    access: lesson.access,
    updatedOn: dayOf(lesson.updatedOn),
    bodyMarkdown: lesson.body.markdown,
    bodyHtml: lesson.body.html,
    bodyText: lesson.body.text,
    moduleId: place?.moduleId ?? null,
    position: place?.position ?? null,
    guidesToolId: lesson.guideTo === undefined ? null : idIn(toolIds, lesson.guideTo),
  } satisfies Prisma.LessonCreateManyInput;
}
