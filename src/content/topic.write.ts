// Writes topics with their call to action, sections, the tools that sections mention, and ranked tools.
import type { Prisma } from "../generated/prisma/client";
import { dayOf } from "./content.text";
import type { TopicContent } from "./document.read";
import { factRows, writeFacts } from "./fact.write";
import { difference, replacement } from "./rows.difference";
import { idIn, inPortions, markOwners, promisedId, writeEntities, type WrittenEntities } from "./rows.write";
import type { Models, StoredRows } from "./stored.rows";

type SectionKey = { topicId: number; anchor: string };

const sectionKey = ({ topicId, anchor }: SectionKey) => `${topicId} ${anchor}`;

export async function writeTopics(
  models: Models,
  stored: StoredRows,
  topics: readonly TopicContent[],
  toolIds: ReadonlyMap<string, number>,
  now: Date,
): Promise<WrittenEntities> {
  const written = await writeEntities(stored.topics, topics.map(topicRow), {
    create: data => models.topic.createManyAndReturn({ data, select: { id: true, slug: true } }),
    update: (id, data) => models.topic.update({ where: { id }, data, select: { id: true } }),
  });
  const withId = topics.map(topic => ({ topic, topicId: idIn(written.ids, topic.slug) }));
  const owners = [
    ...(await writeCallsToAction(models, stored, withId)),
    ...(await writeSections(models, stored, withId, toolIds)),
    ...(await writeRankedTools(models, stored, withId, toolIds)),
    ...(await writeTopicFacts(models, stored, withId)),
  ];
  const touched = markOwners(written, owners);
  await inPortions(touched, ids => models.topic.updateMany({ where: { id: { in: ids } }, data: { updatedAt: now } }));
  return written;
}

type TopicsWithId = readonly { topic: TopicContent; topicId: number }[];

/** Like its siblings, returns the ids of the topics whose rows it wrote. */
async function writeCallsToAction(models: Models, stored: StoredRows, topics: TopicsWithId): Promise<number[]> {
  const mine = new Set(topics.map(({ topicId }) => topicId));
  const wanted = topics.flatMap(({ topic, topicId }) => {
    return topic.callToAction ? [{ ...topic.callToAction, topicId } satisfies Prisma.CallToActionCreateManyInput] : [];
  });
  const { remove, create } = replacement(
    difference<{ topicId: number }, StoredRows["callsToAction"][number], (typeof wanted)[number]>(
      stored.callsToAction.filter(({ topicId }) => mine.has(topicId)),
      wanted,
      ({ topicId }) => String(topicId),
    ),
  );
  await inPortions(remove, rows =>
    models.callToAction.deleteMany({ where: { topicId: { in: rows.map(row => row.topicId) } } }),
  );
  await inPortions(create, data => models.callToAction.createMany({ data }));
  return [...remove, ...create].map(({ topicId }) => topicId);
}

async function writeSections(
  models: Models,
  stored: StoredRows,
  topics: TopicsWithId,
  toolIds: ReadonlyMap<string, number>,
): Promise<number[]> {
  const mine = new Set(topics.map(({ topicId }) => topicId));
  const before = stored.sections.filter(({ topicId }) => mine.has(topicId));
  const wanted = topics.flatMap(({ topic, topicId }) => sectionRows(topic, topicId));
  const sections = difference<SectionKey, (typeof before)[number], (typeof wanted)[number]>(before, wanted, sectionKey);
  await inPortions(sections.removed, rows =>
    models.topicSection.deleteMany({ where: { id: { in: rows.map(row => row.id) } } }),
  );
  for (const { stored: row, fields } of sections.changed) {
    await models.topicSection.update({ where: { id: row.id }, data: fields, select: { id: true } });
  }
  const ids = new Map(before.map(row => [sectionKey(row), row.id]));
  await inPortions(sections.added, async data => {
    const rows = await models.topicSection.createManyAndReturn({
      data,
      select: { id: true, topicId: true, anchor: true },
    });
    for (const row of rows) ids.set(sectionKey(row), row.id);
  });

  const topicOf = new Map<number, number>();
  const mentions = topics.flatMap(({ topic, topicId }) =>
    topic.sections.flatMap(({ anchor, tools }) => {
      const sectionId = idIn(ids, sectionKey({ topicId, anchor }));
      topicOf.set(sectionId, topicId);
      return tools.map(
        (tool, index) =>
          ({ sectionId, toolId: idIn(toolIds, tool), position: index + 1 }) satisfies Prisma.SectionToolCreateManyInput,
      );
    }),
  );
  const { remove, create } = replacement(
    difference<{ sectionId: number; toolId: number }, StoredRows["sectionTools"][number], (typeof mentions)[number]>(
      // Those of removed sections are gone already.
      stored.sectionTools.filter(({ sectionId }) => topicOf.has(sectionId)),
      mentions,
      ({ sectionId, toolId }) => `${sectionId} ${toolId}`,
    ),
  );
  await inPortions(remove, rows =>
    models.sectionTool.deleteMany({ where: { OR: rows.map(({ sectionId, toolId }) => ({ sectionId, toolId })) } }),
  );
  await inPortions(create, data => models.sectionTool.createMany({ data }));

  return [
    ...sections.removed.map(({ topicId }) => topicId),
    ...sections.changed.map(({ wanted: { topicId } }) => topicId),
    ...sections.added.map(({ topicId }) => topicId),
    ...[...remove, ...create].map(({ sectionId }) => topicOf.get(sectionId)).filter(topicId => topicId !== undefined),
  ];
}

async function writeRankedTools(
  models: Models,
  stored: StoredRows,
  topics: TopicsWithId,
  toolIds: ReadonlyMap<string, number>,
): Promise<number[]> {
  const mine = new Set(topics.map(({ topicId }) => topicId));
  const wanted = topics.flatMap(({ topic, topicId }) => rankedToolRows(topic, topicId, toolIds));
  const { remove, create } = replacement(
    difference<{ topicId: number; toolId: number }, StoredRows["topicTools"][number], (typeof wanted)[number]>(
      stored.topicTools.filter(({ topicId }) => mine.has(topicId)),
      wanted,
      ({ topicId, toolId }) => `${topicId} ${toolId}`,
    ),
  );
  await inPortions(remove, rows =>
    models.topicTool.deleteMany({ where: { OR: rows.map(({ topicId, toolId }) => ({ topicId, toolId })) } }),
  );
  await inPortions(create, data => models.topicTool.createMany({ data }));
  return [...remove, ...create].map(({ topicId }) => topicId);
}

async function writeTopicFacts(models: Models, stored: StoredRows, topics: TopicsWithId): Promise<number[]> {
  const mine = new Set(topics.map(({ topicId }) => topicId));
  const written = await writeFacts(
    models,
    stored.facts.filter(({ topicId }) => topicId !== null && mine.has(topicId)),
    topics.flatMap(({ topic, topicId }) => factRows(topic.facts, { toolId: null, topicId })),
  );
  return written.flatMap(({ topicId }) => topicId ?? []);
}

export function rankedToolRows(topic: TopicContent, topicId: number, toolIds: ReadonlyMap<string, number>) {
  return topic.tools.map(
    ({ tool, blurb, featured = false }, index) =>
      ({
        topicId,
        toolId: idIn(toolIds, tool),
        rank: index + 1,
        blurb,
        featured,
      }) satisfies Prisma.TopicToolCreateManyInput,
  );
}

export function topicRow(topic: TopicContent) {
  return {
    ...promisedId(topic),
    slug: topic.slug,
    title: topic.title,
    emoji: topic.emoji,
    summary: topic.summary,
    category: topic.category,
    position: topic.position,
    updatedOn: dayOf(topic.updatedOn),
    seoTitle: topic.seo.title,
    seoDescription: topic.seo.description,
  } satisfies Prisma.TopicCreateManyInput;
}

export function sectionRows(topic: TopicContent, topicId: number) {
  return topic.sections.map(
    (section, index) =>
      ({
        topicId,
        position: index + 1,
        kind: section.kind,
        emoji: section.emoji,
        heading: section.heading,
        anchor: section.anchor,
        bodyMarkdown: section.markdown,
        bodyHtml: section.html,
        bodyText: section.text,
      }) satisfies Prisma.TopicSectionCreateManyInput,
  );
}
