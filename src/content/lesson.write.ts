// Writes lessons with their topics, tools and prerequisites.
import type { Prisma } from "../generated/prisma/client";
import { dayOf } from "./content.text";
import type { LessonContent } from "./document.read";
import { difference, replacement } from "./rows.difference";
import { idIn, inPortions, markOwners, promisedId, writeEntities, type WrittenEntities } from "./rows.write";
import type { Models, StoredRows } from "./stored.rows";

/** Ids of whatever the lessons name, the lessons themselves aside. */
export interface LessonSurroundings {
  topicIds: ReadonlyMap<string, number>;
  toolIds: ReadonlyMap<string, number>;
  lessonIds: ReadonlyMap<string, number>;
}

/**
 * Lessons that are to go must be gone: one of them may guide to the tool of a new one. Their places in modules and topics are given by
 * `placeLessons` and `orderLessonsOfTopics`.
 */
export async function writeLessons(
  models: Models,
  stored: StoredRows,
  lessons: readonly LessonContent[],
  { topicIds, toolIds, lessonIds }: LessonSurroundings,
  now: Date,
): Promise<WrittenEntities> {
  const rows = lessons.map(lesson => lessonRow(lesson, toolIds));
  const before = await freeGuidedTools(models, stored.lessons, rows);
  const written = await writeEntities(before, rows, {
    create: data => models.lesson.createManyAndReturn({ data, select: { id: true, slug: true } }),
    update: (id, data) => models.lesson.update({ where: { id }, data, select: { id: true } }),
  });
  const withId = lessons.map(lesson => ({ lesson, lessonId: idIn(written.ids, lesson.slug) }));
  const owners = [
    ...(await writeTopicLinks(models, stored, withId, topicIds)),
    ...(await writeToolLinks(models, stored, withId, toolIds)),
    ...(await writePrerequisites(models, stored, withId, new Map([...lessonIds, ...written.ids]))),
  ];
  const touched = markOwners(written, owners);
  await inPortions(touched, ids => models.lesson.updateMany({ where: { id: { in: ids } }, data: { updatedAt: now } }));
  return written;
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

interface LessonTopicKey {
  lessonId: number;
  topicId: number;
}

const atTheEnd = 2_147_483_647;

type LessonsWithId = readonly { lesson: LessonContent; lessonId: number }[];

/** Returns the ids of the lessons that gained or lost a topic. New links stand at the end until `orderLessonsOfTopics` has run. */
async function writeTopicLinks(
  models: Models,
  stored: StoredRows,
  lessons: LessonsWithId,
  topicIds: ReadonlyMap<string, number>,
): Promise<number[]> {
  const mine = new Set(lessons.map(({ lessonId }) => lessonId));
  const { added, removed } = difference<LessonTopicKey, LessonTopicKey, LessonTopicKey>(
    stored.lessonTopics.filter(({ lessonId }) => mine.has(lessonId)),
    lessons.flatMap(({ lesson, lessonId }) =>
      lesson.topics.map(topic => ({ lessonId, topicId: idIn(topicIds, topic) })),
    ),
    ({ lessonId, topicId }) => `${lessonId} ${topicId}`,
  );
  await inPortions(removed, rows =>
    models.lessonTopic.deleteMany({ where: { OR: rows.map(({ lessonId, topicId }) => ({ lessonId, topicId })) } }),
  );
  await inPortions(added, rows =>
    models.lessonTopic.createMany({ data: rows.map(row => ({ ...row, position: atTheEnd })) }),
  );
  return [...added, ...removed].map(({ lessonId }) => lessonId);
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

export function lessonRow(lesson: LessonContent, toolIds: ReadonlyMap<string, number>) {
  return {
    ...promisedId(lesson),
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
    guidesToolId: lesson.guideTo === undefined ? null : idIn(toolIds, lesson.guideTo),
  } satisfies Prisma.LessonCreateManyInput;
}
