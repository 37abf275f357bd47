// Every relation field of every Node type: what to select of it, how many statements it takes, and what it gives for each parent of
// the fifty-parents catalogue. batching.test.ts fails for a field that is missing here.
import type { Viewer } from "../../src/request/context";
import type { FiftyParents } from "./fifty-parents";

export interface Relation {
  /** The selection set of the field. */
  select: string;
  /** Statements beyond the one that reads the parents. */
  statements: number;
  /** A guest when left out. */
  as?: Viewer;
  expected(parentId: number, rows: FiftyParents): unknown;
}

const learner: Viewer = { userId: "00000000-0000-4000-8000-000000000000", role: "LEARNER", sessionId: "session" };

function sorted<T>(items: readonly T[], ...keys: ((item: T) => number)[]): T[] {
  const difference = (a: T, b: T) => keys.map(key => key(a) - key(b)).find(order => order !== 0) ?? 0;
  return [...items].sort(difference);
}

function one<T extends { id: number }>(items: readonly T[], id: number): T {
  const found = items.find(item => item.id === id);
  if (!found) throw new Error(`no row ${id}`);
  return found;
}

const slugs = (items: readonly { slug: string }[]) => ({ nodes: items.map(({ slug }) => ({ slug })) });
const facts = (rows: FiftyParents, of: (fact: FiftyParents["facts"][number]) => boolean) => ({
  nodes: sorted(rows.facts.filter(of), fact => fact.position).map(({ key }) => ({ key })),
});
const topicsOf = (rows: FiftyParents, lessonId: number) =>
  sorted(
    rows.lessonTopics.filter(link => link.lessonId === lessonId).map(link => one(rows.topics, link.topicId)),
    topic => topic.position,
  );
/** Other items that meet an item's items, with how many they share. */
function sharing<T extends { id: number }>(
  items: readonly T[],
  mine: readonly number[],
  theirs: (item: T) => readonly number[],
) {
  return items
    .map(item => ({ item, shared: theirs(item).filter(id => mine.includes(id)).length }))
    .filter(({ shared }) => shared > 0);
}
const toolIdsOf = (rows: FiftyParents, topicId: number) =>
  rows.topicTools.filter(link => link.topicId === topicId).map(link => link.toolId);
const topicIdsOf = (rows: FiftyParents, toolId: number) =>
  rows.topicTools.filter(link => link.toolId === toolId).map(link => link.topicId);
const neighbour = (rows: FiftyParents, id: number, step: 1 | -1) => {
  const { moduleId, position } = one(rows.lessons, id);
  const found = rows.lessons.find(
    lesson => moduleId !== null && lesson.moduleId === moduleId && lesson.position === (position ?? 0) + step,
  );
  return found ? { slug: found.slug } : null;
};
const ctaOf = (rows: FiftyParents, topicId: number | undefined) =>
  rows.callsToAction.find(cta => cta.topicId === topicId);

/** By type and field. */
export const relations: Readonly<Record<string, Readonly<Record<string, readonly Relation[]>>>> = {
  Topic: {
    sections: [
      {
        select: "{ anchor }",
        statements: 1,
        expected: (id, rows) =>
          sorted(
            rows.sections.filter(section => section.topicId === id),
            section => section.position,
          ).map(({ anchor }) => ({ anchor })),
      },
    ],
    callToAction: [
      {
        select: "{ headline }",
        statements: 1,
        expected: (id, rows) => (ctaOf(rows, id) ? { headline: ctaOf(rows, id)?.headline } : null),
      },
    ],
    seo: [{ select: "{ title }", statements: 0, expected: (id, rows) => ({ title: one(rows.topics, id).seoTitle }) }],
    tools: [
      {
        select: "{ edges { rank blurb isFeatured node { slug } } }",
        statements: 1,
        expected: (id, rows) => ({
          edges: sorted(
            rows.topicTools.filter(link => link.topicId === id),
            link => link.rank,
          ).map(({ rank, blurb, featured, toolId }) => ({
            ...{ rank, blurb, isFeatured: featured },
            node: { slug: one(rows.tools, toolId).slug },
          })),
        }),
      },
    ],
    relatedTopics: [
      {
        select: "{ edges { sharedToolCount node { slug } } }",
        statements: 1,
        expected: (id, rows) => ({
          edges: sorted(
            sharing(
              rows.topics.filter(topic => topic.id !== id),
              toolIdsOf(rows, id),
              topic => toolIdsOf(rows, topic.id),
            ),
            ({ shared }) => -shared,
            ({ item }) => item.position,
          )
            .slice(0, 20)
            .map(({ item, shared }) => ({ sharedToolCount: shared, node: { slug: item.slug } })),
        }),
      },
    ],
    facts: [
      { select: "{ nodes { key } }", statements: 1, expected: (id, rows) => facts(rows, fact => fact.topicId === id) },
    ],
    modules: [
      {
        select: "{ nodes { slug } }",
        statements: 1,
        expected: (id, rows) =>
          slugs(
            sorted(
              rows.modules.filter(module => module.topicId === id),
              module => module.position,
            ),
          ),
      },
    ],
    lessons: [
      {
        select: "{ nodes { slug } totalCount }",
        statements: 2,
        expected: (id, rows) => {
          const links = sorted(
            rows.lessonTopics.filter(link => link.topicId === id),
            link => link.position,
            link => link.lessonId,
          );
          return { ...slugs(links.map(link => one(rows.lessons, link.lessonId))), totalCount: links.length };
        },
      },
    ],
  },
  TopicSection: {
    body: [{ select: "{ text }", statements: 0, expected: (id, rows) => ({ text: one(rows.sections, id).bodyText }) }],
    mentionedTools: [
      {
        select: "{ slug }",
        statements: 1,
        expected: (id, rows) =>
          sorted(
            rows.sectionTools.filter(link => link.sectionId === id),
            link => link.position,
          ).map(link => ({ slug: one(rows.tools, link.toolId).slug })),
      },
    ],
  },
  Tool: {
    description: [
      { select: "{ text }", statements: 0, expected: (id, rows) => ({ text: one(rows.tools, id).descriptionText }) },
    ],
    plans: [
      {
        select: "{ name }",
        statements: 1,
        expected: (id, rows) =>
          sorted(
            rows.plans.filter(plan => plan.toolId === id),
            plan => plan.position,
          ).map(({ name }) => ({ name })),
      },
    ],
    topics: [
      {
        select: "{ edges { rank blurb isFeatured node { slug } } }",
        statements: 1,
        expected: (id, rows) => ({
          edges: sorted(
            rows.topicTools.filter(link => link.toolId === id),
            link => one(rows.topics, link.topicId).position,
          ).map(({ rank, blurb, featured, topicId }) => ({
            ...{ rank, blurb, isFeatured: featured },
            node: { slug: one(rows.topics, topicId).slug },
          })),
        }),
      },
    ],
    alternatives: [
      {
        select: "{ edges { sharedTopicCount node { slug } } }",
        statements: 1,
        expected: (id, rows) => ({
          edges: sharing(
            rows.tools.filter(tool => tool.id !== id && tool.category === one(rows.tools, id).category),
            topicIdsOf(rows, id),
            tool => topicIdsOf(rows, tool.id),
          )
            .sort((a, b) => b.shared - a.shared || (a.item.name < b.item.name ? -1 : 1))
            .map(({ item, shared }) => ({ sharedTopicCount: shared, node: { slug: item.slug } })),
        }),
      },
    ],
    facts: [
      { select: "{ nodes { key } }", statements: 1, expected: (id, rows) => facts(rows, fact => fact.toolId === id) },
    ],
    guide: [
      {
        select: "{ slug }",
        statements: 1,
        expected: (id, rows) => {
          const guide = rows.lessons.find(lesson => lesson.guidesToolId === id);
          return guide ? { slug: guide.slug } : null;
        },
      },
    ],
    lessons: [
      {
        select: "{ nodes { slug } }",
        statements: 1,
        expected: (id, rows) =>
          slugs(
            sorted(
              rows.lessonTools.filter(link => link.toolId === id),
              link => link.lessonId,
            ).map(link => one(rows.lessons, link.lessonId)),
          ),
      },
    ],
  },
  Module: {
    topic: [
      {
        select: "{ slug }",
        statements: 1,
        expected: (id, rows) => ({ slug: one(rows.topics, one(rows.modules, id).topicId).slug }),
      },
    ],
    lessons: [
      {
        select: "{ nodes { slug } }",
        statements: 1,
        expected: (id, rows) =>
          slugs(
            sorted(
              rows.lessons.filter(lesson => lesson.moduleId === id),
              lesson => lesson.position ?? 0,
            ),
          ),
      },
    ],
  },
  Lesson: {
    content: [
      {
        select: "{ ... on LessonBody { body { text } } }",
        statements: 1,
        as: learner,
        expected: (id, rows) => ({ body: { text: one(rows.lessons, id).bodyText } }),
      },
      {
        select: "{ ... on LessonLock { message } }",
        statements: 0,
        expected: () => ({ message: "This lesson opens with a free account." }),
      },
      {
        select: "{ ... on LessonLock { callToAction { headline claim } } }",
        statements: 2,
        expected: (id, rows) => {
          const callToAction = ctaOf(rows, topicsOf(rows, id)[0]?.id);
          return {
            callToAction: callToAction
              ? { headline: callToAction.headline, claim: "80 free lessons and tool guides" }
              : null,
          };
        },
      },
    ],
    module: [
      {
        select: "{ slug }",
        statements: 1,
        expected: (id, rows) => {
          const { moduleId } = one(rows.lessons, id);
          return moduleId === null ? null : { slug: one(rows.modules, moduleId).slug };
        },
      },
    ],
    guideTo: [
      {
        select: "{ slug }",
        statements: 1,
        expected: (id, rows) => {
          const { guidesToolId } = one(rows.lessons, id);
          return guidesToolId === null ? null : { slug: one(rows.tools, guidesToolId).slug };
        },
      },
    ],
    tools: [
      {
        select: "{ nodes { slug } }",
        statements: 1,
        expected: (id, rows) =>
          slugs(
            sorted(
              rows.lessonTools.filter(link => link.lessonId === id),
              link => link.position,
            ).map(link => one(rows.tools, link.toolId)),
          ),
      },
    ],
    topics: [{ select: "{ nodes { slug } }", statements: 1, expected: (id, rows) => slugs(topicsOf(rows, id)) }],
    next: [{ select: "{ slug }", statements: 1, expected: (id, rows) => neighbour(rows, id, 1) }],
    previous: [{ select: "{ slug }", statements: 1, expected: (id, rows) => neighbour(rows, id, -1) }],
    prerequisites: [
      {
        select: "{ slug }",
        statements: 1,
        expected: (id, rows) =>
          sorted(
            rows.prerequisites.filter(link => link.lessonId === id),
            link => link.position,
          ).map(link => ({ slug: one(rows.lessons, link.prerequisiteId).slug })),
      },
    ],
  },
  ToolPlan: {
    price: [
      {
        select: "{ amount }",
        statements: 0,
        expected: (id, rows) => (one(rows.plans, id).amount === null ? null : { amount: "20" }),
      },
    ],
    source: [{ select: "{ name }", statements: 0, expected: (id, rows) => ({ name: one(rows.plans, id).sourceName }) }],
  },
  Fact: {
    tool: [
      {
        select: "{ slug }",
        statements: 1,
        expected: (id, rows) => {
          const { toolId } = one(rows.facts, id);
          return toolId === null ? null : { slug: one(rows.tools, toolId).slug };
        },
      },
    ],
    topic: [
      {
        select: "{ slug }",
        statements: 1,
        expected: (id, rows) => {
          const { topicId } = one(rows.facts, id);
          return topicId === null ? null : { slug: one(rows.topics, topicId).slug };
        },
      },
    ],
    source: [{ select: "{ name }", statements: 0, expected: (id, rows) => ({ name: one(rows.facts, id).sourceName }) }],
  },
};
