// Writes tools with their plans and facts.
import type { Prisma } from "../generated/prisma/client";
import { dayOf, plainDecimal } from "./content.text";
import type { ToolContent } from "./document.read";
import { difference } from "./rows.difference";
import { idIn, inPortions, markOwners, writeEntities, type WrittenEntities } from "./rows.write";
import type { Models, StoredRows } from "./stored.rows";

type PlanKey = { toolId: number; name: string; unit: string };
type FactKey = { toolId?: number | null; key: string };

export async function writeTools(
  models: Models,
  stored: StoredRows,
  tools: readonly ToolContent[],
  now: Date,
): Promise<WrittenEntities> {
  const written = await writeEntities(stored.tools, tools.map(toolRow), {
    create: data => models.tool.createManyAndReturn({ data, select: { id: true, slug: true } }),
    update: (id, data) => models.tool.update({ where: { id }, data, select: { id: true } }),
  });
  const mine = new Set(written.ids.values());

  const plans = difference<PlanKey, StoredRows["plans"][number], ReturnType<typeof planRows>[number]>(
    stored.plans.filter(plan => mine.has(plan.toolId)),
    tools.flatMap(tool => planRows(tool, idIn(written.ids, tool.slug))),
    plan => JSON.stringify([plan.toolId, plan.name, plan.unit]),
  );
  await inPortions(plans.removed, rows =>
    models.toolPlan.deleteMany({ where: { id: { in: rows.map(row => row.id) } } }),
  );
  for (const { stored: row, fields } of plans.changed) {
    await models.toolPlan.update({ where: { id: row.id }, data: fields, select: { id: true } });
  }
  await inPortions(plans.added, data => models.toolPlan.createMany({ data }));

  const facts = difference<FactKey, StoredRows["facts"][number], ReturnType<typeof factRows>[number]>(
    stored.facts.filter(fact => fact.toolId !== null && mine.has(fact.toolId)),
    tools.flatMap(tool => factRows(tool, idIn(written.ids, tool.slug))),
    fact => JSON.stringify([fact.toolId, fact.key]),
  );
  await inPortions(facts.removed, rows => models.fact.deleteMany({ where: { id: { in: rows.map(row => row.id) } } }));
  for (const { stored: row, fields } of facts.changed) {
    await models.fact.update({ where: { id: row.id }, data: fields, select: { id: true } });
  }
  await inPortions(facts.added, data => models.fact.createMany({ data }));

  const owners = [plans, facts].flatMap(({ added, changed, removed }) => [
    ...added.map(row => row.toolId),
    ...changed.map(({ wanted }) => wanted.toolId),
    ...removed.map(row => row.toolId),
  ]);
  const touched = markOwners(
    written,
    owners.filter(id => id !== null),
  );
  await inPortions(touched, ids => models.tool.updateMany({ where: { id: { in: ids } }, data: { updatedAt: now } }));
  return written;
}

function toolRow(tool: ToolContent) {
  return {
    slug: tool.slug,
    name: tool.name,
    vendor: tool.vendor,
    category: tool.category,
    tagline: tool.tagline,
    descriptionMarkdown: tool.description.markdown,
    descriptionHtml: tool.description.html,
    descriptionText: tool.description.text,
    website: tool.website,
    pricingModel: tool.pricingModel,
    protocols: tool.protocols ?? [],
    models: tool.models ?? [],
  } satisfies Prisma.ToolCreateManyInput;
}

function planRows(tool: ToolContent, toolId: number) {
  return (tool.plans ?? []).map(
    (plan, index) =>
      ({
        toolId,
        position: index + 1,
        name: plan.name,
        amount: plan.price ? plainDecimal(plan.price.amount) : null,
        currency: plan.price?.currency ?? null,
        unit: plan.unit,
        description: plan.description ?? null,
        asOf: dayOf(plan.asOf),
        sourceName: plan.source.name,
        sourceUrl: plan.source.url ?? null,
      }) satisfies Prisma.ToolPlanCreateManyInput,
  );
}

function factRows(tool: ToolContent, toolId: number) {
  return (tool.facts ?? []).map(
    (fact, index) =>
      ({
        toolId,
        position: index + 1,
        key: fact.key,
        kind: fact.kind,
        statement: fact.statement,
        value: fact.value === undefined ? null : plainDecimal(fact.value),
        comparison: fact.comparison ?? "EXACTLY",
        unit: fact.unit ?? null,
        asOf: dayOf(fact.asOf),
        sourceName: fact.source.name,
        sourceUrl: fact.source.url ?? null,
        verifiedOn: fact.verifiedOn === undefined ? null : dayOf(fact.verifiedOn),
        staleAfter: fact.staleAfter === undefined ? null : dayOf(fact.staleAfter),
      }) satisfies Prisma.FactCreateManyInput,
  );
}
