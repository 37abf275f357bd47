// Writes documents to the tables of the catalogue, each kind after those it names. Writes only what differs.
import type { DatabaseSession } from "../db/database";
import type { ContentKind } from "./content.files";
import type { Catalogue } from "./document.read";
import { orderLessonsOfTopics, placeLessons } from "./lesson.places";
import { writeLessons } from "./lesson.write";
import { writeModules } from "./module.write";
import { idIn, markOwners, type WrittenEntities } from "./rows.write";
import type { StoredRows } from "./stored.rows";
import { writeTools } from "./tool.write";
import { writeTopics } from "./topic.write";

/** Ids by slug of what the documents name and is not among them. */
export type KnownIds = Readonly<Record<ContentKind, ReadonlyMap<string, number>>>;

export type Written = Record<ContentKind, WrittenEntities>;

export interface WriteOptions {
  known: KnownIds;
  /** Lessons that keep their place in a module although it does not list them: they have no document. */
  unlisted?: readonly number[];
  /** Modules without a document, which can hold no lesson that has one. */
  emptied?: readonly number[];
  /** Runs when nothing that has a document needs the lessons any more that have none, and before their places are given to others. */
  beforeLessons?: () => Promise<void>;
  onStep?: (label: string) => void;
}

/** @param stored the rows of what has documents, and of the lessons that their modules hold. */
export async function writeDocuments(
  session: DatabaseSession,
  stored: StoredRows,
  catalogue: Catalogue,
  { known, unlisted = [], emptied = [], beforeLessons, onStep }: WriteOptions,
): Promise<Written> {
  const { models } = session;
  const now = new Date();
  const idsWith = (kind: ContentKind, { ids }: WrittenEntities) => new Map([...known[kind], ...ids]);

  const tools = await writeTools(models, stored, catalogue.tools, now);
  const toolIds = idsWith("tool", tools);
  onStep?.("writing tools");
  const topics = await writeTopics(models, stored, catalogue.topics, toolIds, now);
  const topicIds = idsWith("topic", topics);
  onStep?.("writing topics");
  const gone = new Set(unlisted);
  const lessonsBefore = stored.lessons.filter(({ id }) => !gone.has(id));
  const modules = await writeModules(models, stored, lessonsBefore, catalogue.modules, topicIds, now);
  onStep?.("writing modules");
  await beforeLessons?.();
  const surroundings = { topicIds, toolIds, lessonIds: known.lesson };
  const lessons = await writeLessons(models, stored, catalogue.lessons, surroundings, now);
  const lessonIds = idsWith("lesson", lessons);
  const moved = await placeLessons(
    session,
    [
      ...catalogue.modules.map(module => ({
        moduleId: idIn(modules.ids, module.slug),
        lessonIds: module.lessons.map(slug => idIn(lessonIds, slug)),
      })),
      ...emptied.map(moduleId => ({ moduleId, lessonIds: [] })),
    ],
    unlisted,
  );
  const mine = new Set(lessons.ids.values());
  markOwners(
    lessons,
    moved.filter(id => mine.has(id)),
  );
  await orderLessonsOfTopics(session, topicsWithOtherLessons(stored, catalogue, topicIds));
  onStep?.("writing lessons");
  return { topic: topics, tool: tools, module: modules, lesson: lessons };
}

/** Topics whose list of lessons the documents may have changed. */
function topicsWithOtherLessons(
  stored: StoredRows,
  catalogue: Catalogue,
  topicIds: ReadonlyMap<string, number>,
): number[] {
  const named = [...catalogue.modules.map(({ topic }) => topic), ...catalogue.lessons.flatMap(({ topics }) => topics)];
  return [
    ...new Set([
      ...named.map(slug => idIn(topicIds, slug)),
      ...stored.modules.map(({ topicId }) => topicId),
      ...stored.lessonTopics.map(({ topicId }) => topicId),
    ]),
  ];
}
