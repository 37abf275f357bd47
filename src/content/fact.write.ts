// Writes the facts about tools and about topics.
import type { Prisma } from "../generated/prisma/client";
import { dayOf, plainDecimal } from "./content.text";
import { difference } from "./rows.difference";
import { inPortions } from "./rows.write";
import type { ToolSource } from "./source.model";
import type { Models, StoredRows } from "./stored.rows";

/** Exactly one of the two is set. */
interface Subject {
  toolId: number | null;
  topicId: number | null;
}

/** @returns the subjects whose facts it wrote. */
export async function writeFacts(
  models: Models,
  stored: StoredRows["facts"],
  wanted: ReturnType<typeof factRows>,
): Promise<Subject[]> {
  const { added, changed, removed } = difference<
    Subject & { key: string },
    StoredRows["facts"][number],
    (typeof wanted)[number]
  >(stored, wanted, ({ toolId, topicId, key }) => JSON.stringify([toolId, topicId, key]));
  await inPortions(removed, rows => models.fact.deleteMany({ where: { id: { in: rows.map(row => row.id) } } }));
  for (const { stored: row, fields } of changed) {
    await models.fact.update({ where: { id: row.id }, data: fields, select: { id: true } });
  }
  await inPortions(added, data => models.fact.createMany({ data }));
  return [...added, ...changed.map(({ stored: row }) => row), ...removed];
}

export function factRows(facts: ToolSource["facts"], subject: Subject) {
  return (facts ?? []).map(
    (fact, index) =>
      ({
        ...subject,
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
