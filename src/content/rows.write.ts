// What the writers of all four kinds share: rows in portions, the comparison by slug, and the tally for the report.
import { difference } from "./rows.difference";

/** What became of the files of one kind, as slugs in alphabetical order. */
export interface Tally {
  created: string[];
  updated: string[];
  unchanged: string[];
}

/** Keeps a statement with long texts well below the time and the number of parameters that a statement may have. */
const portion = 200;

export async function inPortions<T>(rows: readonly T[], write: (rows: T[]) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < rows.length; start += portion) await write(rows.slice(start, start + portion));
}

interface Entity {
  id: number;
  slug: string;
}

interface EntityWriter<Wanted> {
  create(rows: Wanted[]): Promise<Entity[]>;
  update(id: number, fields: Partial<Wanted>): Promise<unknown>;
}

export interface WrittenEntities {
  /** The ids of all entities that have a file. */
  ids: ReadonlyMap<string, number>;
  created: ReadonlySet<number>;
  /** Those whose own row was written; the writer of their parts adds to them. */
  updated: Set<number>;
}

/** Creates and updates the rows that have slugs. Rows without a file are not looked at. */
export async function writeEntities<Wanted extends { slug: string }>(
  stored: readonly Entity[],
  wanted: readonly Wanted[],
  writer: EntityWriter<Wanted>,
): Promise<WrittenEntities> {
  const { added, changed } = difference<{ slug: string }, Entity, Wanted>(stored, wanted, row => row.slug);
  const ids = new Map(stored.map(({ id, slug }) => [slug, id]));
  const created = new Set<number>();
  await inPortions(added, async rows => {
    for (const { id, slug } of await writer.create(rows)) {
      ids.set(slug, id);
      created.add(id);
    }
  });
  for (const { stored: row, fields } of changed) await writer.update(row.id, fields);
  return {
    ids: new Map(wanted.map(({ slug }) => [slug, idIn(ids, slug)])),
    created,
    updated: new Set(changed.map(({ stored: row }) => row.id)),
  };
}

/** The id of an entity that was promised one before it was published; the database gives the others theirs. */
export function promisedId({ id }: { id?: number }): { id?: number } {
  return id === undefined ? {} : { id };
}

/** Adds the owners of parts that were written to `updated`; @returns those whose own row was not written yet, so that it can be touched. */
export function markOwners(written: WrittenEntities, owners: Iterable<number>): number[] {
  const fresh = [...new Set(owners)].filter(id => !written.created.has(id) && !written.updated.has(id));
  for (const id of fresh) written.updated.add(id);
  return fresh;
}

export function tallyOf({ ids, created, updated }: WrittenEntities): Tally {
  const slugs = (test: (id: number) => boolean) => [...ids].filter(([, id]) => test(id)).map(([slug]) => slug);
  return {
    created: slugs(id => created.has(id)),
    updated: slugs(id => updated.has(id)),
    unchanged: slugs(id => !created.has(id) && !updated.has(id)),
  };
}

/** The checks before have seen to it that every slug is known. */
export function idIn(ids: ReadonlyMap<string, number>, slug: string): number {
  const id = ids.get(slug);
  if (id === undefined) throw new Error(`no row for ${slug}`);
  return id;
}
