// Writes tools with their plans and facts.
import type { Prisma } from "../generated/prisma/client";
import { dayOf, plainDecimal } from "./content.text";
import type { ToolContent } from "./document.read";
import { difference } from "./rows.difference";
import { factRows, writeFacts } from "./fact.write";
import { idIn, inPortions, markOwners, promisedId, writeEntities, type WrittenEntities } from "./rows.write";
import type { Models, StoredRows } from "./stored.rows";

type PlanKey = { toolId: number; name: string; unit: string };

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

  const facts = await writeFacts(
    models,
    stored.facts.filter(fact => fact.toolId !== null && mine.has(fact.toolId)),
    tools.flatMap(tool => factRows(tool.facts, { toolId: idIn(written.ids, tool.slug), topicId: null })),
  );
  const owners = [
    ...plans.added.map(row => row.toolId),
    ...plans.changed.map(({ wanted }) => wanted.toolId),
    ...plans.removed.map(row => row.toolId),
    ...facts.map(row => row.toolId),
  ];
  const touched = markOwners(
    written,
    owners.filter(id => id !== null),
  );
  await inPortions(touched, ids => models.tool.updateMany({ where: { id: { in: ids } }, data: { updatedAt: now } }));
  return written;
}

export function toolRow(tool: ToolContent) {
  return {
    ...promisedId(tool),
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

export function planRows(tool: ToolContent, toolId: number) {
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
