// Writes modules. Which lessons they hold stands in the rows of the lessons; here it only counts as a change of the module.
import type { Prisma } from "../generated/prisma/client";
import type { ModuleContent } from "./document.read";
import { idIn, inPortions, markOwners, promisedId, writeEntities, type WrittenEntities } from "./rows.write";
import type { Models, StoredRows } from "./stored.rows";

type LessonPlaces = StoredRows["lessons"];

/** @param lessonsBefore the stored lessons that count: without those that stay although they have no file. */
export async function writeModules(
  models: Models,
  stored: StoredRows,
  lessonsBefore: LessonPlaces,
  modules: readonly ModuleContent[],
  topicIds: ReadonlyMap<string, number>,
  now: Date,
): Promise<WrittenEntities> {
  const rows = modules.map(module => moduleRow(module, idIn(topicIds, module.topic)));
  const written = await writeEntities(stored.modules, rows, {
    create: data => models.module.createManyAndReturn({ data, select: { id: true, slug: true } }),
    update: (id, data) => models.module.update({ where: { id }, data, select: { id: true } }),
  });
  const before = groupByModule(lessonsBefore);
  const regrouped = modules
    .map(({ slug, lessons }) => ({ id: idIn(written.ids, slug), lessons }))
    .filter(({ id, lessons }) => (before.get(id) ?? []).join() !== lessons.join());
  const touched = markOwners(
    written,
    regrouped.map(({ id }) => id),
  );
  await inPortions(touched, ids => models.module.updateMany({ where: { id: { in: ids } }, data: { updatedAt: now } }));
  return written;
}

/** The slugs of the lessons of each module, in order. */
function groupByModule(lessons: LessonPlaces): Map<number, string[]> {
  const groups = new Map<number, string[]>();
  for (const { moduleId, slug } of [...lessons].sort((a, b) => (a.position ?? 0) - (b.position ?? 0))) {
    if (moduleId !== null) groups.set(moduleId, [...(groups.get(moduleId) ?? []), slug]);
  }
  return groups;
}

export function moduleRow(module: ModuleContent, topicId: number) {
  return {
    ...promisedId(module),
    slug: module.slug,
    topicId,
    title: module.title,
    summary: module.summary,
    level: module.level,
    position: module.position,
  } satisfies Prisma.ModuleCreateManyInput;
}
