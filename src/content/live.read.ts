// Reads what is live in the tables of the catalogue as the sources that would make it: any of them, imported again, changes not one row.
import type { DatabaseSession } from "../db/database";
import { contentKinds, type ContentKind } from "./content.files";
import { compareText } from "./content.problem";
import { plainDecimal } from "./content.text";
import { entityOf } from "./revision.write";
import { inPortions } from "./rows.write";
import { normalForm, type Source, type SourceOf } from "./source.model";
import type { Models } from "./stored.rows";

/** Ids by kind. A kind that is left out is not read. */
export type LiveScope = { readonly [Kind in ContentKind]?: readonly number[] };

export interface LiveSource {
  id: number;
  source: Source;
}

/** Everything that is live, in the order of the ids. */
export async function readLiveScope({ models }: DatabaseSession): Promise<Required<LiveScope>> {
  const all = { select: { id: true }, orderBy: { id: "asc" } } as const;
  const idsOf = (rows: readonly { id: number }[]) => rows.map(({ id }) => id);
  return {
    topic: idsOf(await models.topic.findMany(all)),
    tool: idsOf(await models.tool.findMany(all)),
    module: idsOf(await models.module.findMany(all)),
    lesson: idsOf(await models.lesson.findMany(all)),
  };
}

/**
 * In their normal form, former slugs in alphabetical order; sorted by kind, then id. Ids that are not live are passed over. One
 * statement for each table, and the same again for each further portion of many ids.
 */
export async function readLiveSources({ models }: DatabaseSession, scope: LiveScope): Promise<LiveSource[]> {
  const found: LiveSource[] = [];
  for (const kind of contentKinds) {
    await inPortions(scope[kind] ?? [], async ids => {
      const formerSlugs = await readFormerSlugs(models, kind, ids);
      for (const { id, slug, content } of await readers[kind](models, ids)) {
        const former = formerSlugs(id).map(redirect => redirect.slug);
        const source = { kind, slug, content: normalForm(kind, content), formerSlugs: former.sort(compareText) };
        found.push({ id, source: source as Source });
      }
    });
  }
  return found;
}

async function readFormerSlugs(models: Models, kind: ContentKind, ids: number[]) {
  const rows = await models.slugRedirect.findMany({ where: { entity: entityOf(kind), entityId: { in: ids } } });
  return group(rows, ({ entityId }) => entityId);
}

interface LiveContent<Kind extends ContentKind> {
  id: number;
  slug: string;
  content: SourceOf[Kind];
}

type Reader<Kind extends ContentKind> = (models: Models, ids: number[]) => Promise<LiveContent<Kind>[]>;

const [byPosition, bySlug] = [{ position: "asc" }, { select: { slug: true } }] as const;

// One table after the other, each with one relation at most: a transaction has one connection, and Prisma would read several at once.

const readTopics: Reader<"topic"> = async (models, ids) => {
  const [topicId, ofTopic] = [{ in: ids }, ({ topicId: id }: { topicId: number | null }) => id];
  const rows = await models.topic.findMany({ where: { id: { in: ids } }, orderBy: { id: "asc" } });
  const callsToAction = group(
    (await models.callToAction.findMany({ where: { topicId } })).map(({ topicId: owner, ...keys }) => ({
      owner,
      keys,
    })),
    ({ owner }) => owner,
  );
  const sections = group(
    await models.topicSection.findMany({
      where: { topicId },
      omit: { bodyHtml: true, bodyText: true },
      orderBy: byPosition,
    }),
    ofTopic,
  );
  const tools = group(
    await models.topicTool.findMany({ where: { topicId }, include: { tool: bySlug }, orderBy: { rank: "asc" } }),
    ofTopic,
  );
  const facts = group(await models.fact.findMany({ where: { topicId }, orderBy: byPosition }), ofTopic);
  return rows.map(({ id, slug, ...row }) => ({
    id,
    slug,
    content: {
      title: row.title,
      emoji: row.emoji,
      category: row.category,
      position: row.position,
      updatedOn: dayText(row.updatedOn),
      summary: row.summary,
      seo: { title: row.seoTitle, description: row.seoDescription },
      callToAction: callsToAction(id)[0]?.keys,
      tools: tools(id).map(({ tool, featured, blurb }) => ({ tool: tool.slug, featured, blurb })),
      sections: sections(id).map(({ kind, emoji, heading, anchor, bodyMarkdown }) => ({
        kind,
        emoji,
        heading,
        anchor,
        body: bodyMarkdown,
      })),
      facts: facts(id).map(factSource),
    },
  }));
};

const readTools: Reader<"tool"> = async (models, ids) => {
  const rows = await models.tool.findMany({
    where: { id: { in: ids } },
    orderBy: { id: "asc" },
    omit: { descriptionHtml: true, descriptionText: true },
  });
  const [toolId, ofTool] = [{ in: ids }, ({ toolId: id }: { toolId: number | null }) => id];
  const plans = group(await models.toolPlan.findMany({ where: { toolId }, orderBy: byPosition }), ofTool);
  const facts = group(await models.fact.findMany({ where: { toolId }, orderBy: byPosition }), ofTool);
  return rows.map(({ id, slug, ...row }) => ({
    id,
    slug,
    content: {
      name: row.name,
      vendor: row.vendor,
      category: row.category,
      tagline: row.tagline,
      website: row.website,
      pricingModel: row.pricingModel,
      protocols: row.protocols,
      models: row.models,
      plans: plans(id).map(plan => ({
        name: plan.name,
        price:
          plan.amount === null || plan.currency === null
            ? undefined
            : { amount: decimalText(plan.amount), currency: plan.currency },
        unit: plan.unit,
        description: plan.description ?? undefined,
        asOf: dayText(plan.asOf),
        source: origin(plan),
      })),
      facts: facts(id).map(factSource),
      description: row.descriptionMarkdown,
    },
  }));
};

const readModules: Reader<"module"> = async (models, ids) => {
  const rows = await models.module.findMany({
    where: { id: { in: ids } },
    orderBy: { id: "asc" },
    include: { topic: bySlug },
  });
  const lessons = group(
    await models.lesson.findMany({
      where: { moduleId: { in: ids } },
      select: { slug: true, moduleId: true },
      orderBy: byPosition,
    }),
    ({ moduleId }) => moduleId,
  );
  return rows.map(({ id, slug, topic, title, level, position, summary }) => ({
    id,
    slug,
    content: { title, topic: topic.slug, level, position, summary, lessons: lessons(id).map(lesson => lesson.slug) },
  }));
};

const readLessons: Reader<"lesson"> = async (models, ids) => {
  const rows = await models.lesson.findMany({
    where: { id: { in: ids } },
    orderBy: { id: "asc" },
    omit: { bodyHtml: true, bodyText: true },
    include: { guidesTool: bySlug },
  });
  const [lessonId, ofLesson] = [{ in: ids }, ({ lessonId: id }: { lessonId: number }) => id];
  const topics = group(
    await models.lessonTopic.findMany({ where: { lessonId }, include: { topic: bySlug } }),
    ofLesson,
  );
  const tools = group(
    await models.lessonTool.findMany({ where: { lessonId }, include: { tool: bySlug }, orderBy: byPosition }),
    ofLesson,
  );
  const prerequisites = group(
    await models.lessonPrerequisite.findMany({
      where: { lessonId },
      include: { prerequisite: bySlug },
      orderBy: byPosition,
    }),
    ofLesson,
  );
  return rows.map(({ id, slug, ...row }) => ({
    id,
    slug,
    content: {
      title: row.title,
      summary: row.summary,
      kind: row.kind,
      level: row.level,
      durationMinutes: row.durationMinutes,
      access: row.access,
      updatedOn: dayText(row.updatedOn),
      topics: topics(id).map(({ topic }) => topic.slug),
      tools: tools(id).map(({ tool }) => tool.slug),
      guideTo: row.guidesTool?.slug,
      prerequisites: prerequisites(id).map(({ prerequisite }) => prerequisite.slug),
      body: row.bodyMarkdown,
    },
  }));
};

const readers: { [Kind in ContentKind]: Reader<Kind> } = {
  topic: readTopics,
  tool: readTools,
  module: readModules,
  lesson: readLessons,
};

/** The rows of each owner, in their order. */
function group<Row>(rows: readonly Row[], ownerOf: (row: Row) => number | null): (owner: number) => readonly Row[] {
  const groups = new Map<number | null, Row[]>();
  for (const row of rows) {
    const owner = ownerOf(row);
    const rowsBefore = groups.get(owner);
    if (rowsBefore) rowsBefore.push(row);
    else groups.set(owner, [row]);
  }
  return owner => groups.get(owner) ?? [];
}

type FactRow = Awaited<ReturnType<Models["fact"]["findMany"]>>[number];

function factSource(fact: FactRow) {
  return {
    key: fact.key,
    kind: fact.kind,
    statement: fact.statement,
    value: fact.value === null ? undefined : decimalText(fact.value),
    comparison: fact.comparison,
    unit: fact.unit ?? undefined,
    asOf: dayText(fact.asOf),
    source: origin(fact),
    verifiedOn: fact.verifiedOn === null ? undefined : dayText(fact.verifiedOn),
    staleAfter: fact.staleAfter === null ? undefined : dayText(fact.staleAfter),
  };
}

function origin({ sourceName, sourceUrl }: { sourceName: string; sourceUrl: string | null }) {
  return { name: sourceName, url: sourceUrl ?? undefined };
}

function dayText(day: Date): string {
  return day.toISOString().slice(0, 10);
}

function decimalText(value: { toFixed(): string }): string {
  return plainDecimal(value.toFixed());
}
