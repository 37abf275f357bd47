// Rows that have no file: finding them, removing them, and saying where they stand in the way of a file.
import { fieldName, type ContentProblem, type FieldPath } from "./content.problem";
import type { Catalogue, ContentOrigin } from "./document.read";
import { inPortions } from "./rows.write";
import type { Models, StoredRows } from "./stored.rows";

/** The stored rows of each kind without a file, in the order of their slugs. */
export type Leftovers = Pick<StoredRows, "topics" | "tools" | "modules" | "lessons">;

export function findLeftovers(stored: StoredRows, catalogue: Catalogue): Leftovers {
  const without = <Row extends { slug: string }>(rows: Row[], files: readonly ContentOrigin[]): Row[] => {
    const slugs = new Set(files.map(({ slug }) => slug));
    return rows.filter(({ slug }) => !slugs.has(slug));
  };
  return {
    topics: without(stored.topics, catalogue.topics),
    tools: without(stored.tools, catalogue.tools),
    modules: without(stored.modules, catalogue.modules),
    lessons: without(stored.lessons, catalogue.lessons),
  };
}

/** Leftovers stay as they are, so a file cannot have the place that one of them holds. */
export function checkLeftovers(stored: StoredRows, catalogue: Catalogue, leftovers: Leftovers): ContentProblem[] {
  const advice = "has it in the database and has no file: import with --prune, or bring its file back";
  const problem = (
    { file, lineOf }: ContentOrigin,
    path: FieldPath,
    expected: string,
    holder: string,
  ): ContentProblem => ({
    file,
    line: lineOf(path),
    field: fieldName(path),
    expected: `${expected}; ${holder} ${advice}`,
  });
  const idOf = (rows: readonly { id: number; slug: string }[]) => new Map(rows.map(({ id, slug }) => [slug, id]));
  const [topicIds, toolIds, moduleIds] = [idOf(stored.topics), idOf(stored.tools), idOf(stored.modules)];
  return [
    ...catalogue.modules.flatMap(module => {
      const holder = leftovers.modules.find(
        row => row.topicId === topicIds.get(module.topic) && row.position === module.position,
      );
      return holder ? [problem(module, ["position"], "a free position", `the module ${holder.slug}`)] : [];
    }),
    ...catalogue.modules.flatMap(module =>
      leftovers.lessons
        .filter(row => row.moduleId !== null && row.moduleId === moduleIds.get(module.slug))
        .filter(row => row.position !== null && row.position <= module.lessons.length)
        .map(row => problem(module, ["lessons", (row.position ?? 1) - 1], "a free position", `the lesson ${row.slug}`)),
    ),
    ...catalogue.lessons.flatMap(lesson => {
      const tool = lesson.guideTo === undefined ? undefined : toolIds.get(lesson.guideTo);
      const holder = tool === undefined ? undefined : leftovers.lessons.find(row => row.guidesToolId === tool);
      return holder ? [problem(lesson, ["guideTo"], "a tool without another guide", `the lesson ${holder.slug}`)] : [];
    }),
  ];
}

/** First of the two steps of removal: lessons, so that their tools and places in modules are free for others. */
export async function removeLessons(models: Models, { lessons }: Leftovers): Promise<void> {
  const ids = lessons.map(({ id }) => id);
  // Nothing that has a file needs one of these lessons any more, but its old rows may still say so.
  await inPortions(ids, some =>
    models.lessonPrerequisite.deleteMany({
      where: { OR: [{ lessonId: { in: some } }, { prerequisiteId: { in: some } }] },
    }),
  );
  await inPortions(ids, some => models.lesson.deleteMany({ where: { id: { in: some } } }));
}

/** Second step, when nothing with a file refers to them any more: modules before topics, topics before tools. */
export async function removeOthers(models: Models, { modules, topics, tools }: Leftovers): Promise<void> {
  const idsOf = (rows: readonly { id: number }[]) => rows.map(({ id }) => id);
  await inPortions(idsOf(modules), ids => models.module.deleteMany({ where: { id: { in: ids } } }));
  await inPortions(idsOf(topics), ids => models.topic.deleteMany({ where: { id: { in: ids } } }));
  await inPortions(idsOf(tools), ids => models.tool.deleteMany({ where: { id: { in: ids } } }));
}
