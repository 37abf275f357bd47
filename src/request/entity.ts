// Entities: tables whose rows have an id. Read by key, in batches, with the columns that were asked for and no others.
import { ownersOf, type Owners } from "../db/announced-tables";
import type { ChangedType } from "../db/change-set";
import { columnName, sql, trustedSql } from "../db/sql";
import { parameterCast, selectList, type Columns } from "./column";
import type { RequestContext } from "./context";
import { defineContentLoader, defineLoader, type Loader } from "./loader";
import type { ContentReads } from "./reads";
import { remembered } from "./remembered";
import type { ContentSession } from "./shared-batches";

/** A set of columns by field name. Always holds the ones every row has. */
export type ColumnSet = ReadonlySet<string>;

/**
 * Which columns a GraphQL field is made of, where that is not the column of its name: a list of columns, or, for a field with
 * subfields, the needs of each of them.
 */
export type FieldNeeds = readonly string[] | { readonly [subfield: string]: FieldNeeds };

export interface EntityDefinition<Row> {
  /** The GraphQL type. */
  name: string;
  table: string;
  columns: Columns<Row>;
  /** Columns that every read has, since other fields start from them: the id, and keys that lead elsewhere. */
  always: readonly (keyof Row & string)[];
  needs?: Readonly<Record<string, FieldNeeds>>;
}

export interface Entity<Row> extends EntityDefinition<Row> {
  /** Whose parts the rows are, when they are public content. */
  readonly owners: Owners | null;
  /**
   * The row whose `field` is `value`, or null. `field` must be unique. The row holds the columns asked for; more, when several reads
   * met in one statement.
   */
  find(ctx: RequestContext, field: keyof Row & string, value: string | number, columns: ColumnSet): Promise<Row | null>;
}

interface Lookup {
  value: string | number;
  columns: ColumnSet;
}

export function defineEntity<Row>(definition: EntityDefinition<Row>): Entity<Row> {
  const owners = ownersOf(definition.table);
  const always = [...new Set([...definition.always, ...Object.values(owners ?? {})])] as (keyof Row & string)[];
  const entity = { ...definition, owners, always };
  const loaders = new Map<string, Loader<Lookup, Row | null>>();
  const loaderOf = (field: keyof Row & string): Loader<Lookup, Row | null> =>
    remembered(loaders, field, () => defineKeyLoader(entity, field));
  return {
    ...entity,
    find: (ctx, field, value, columns) => loaderOf(field).load(ctx, { value, columns }),
  };
}

/** Notes which entities a row is, or is a part of. */
export function noteRow(reads: ContentReads, owners: Owners, row: object): void {
  for (const type in owners) {
    const id = (row as Readonly<Record<string, unknown>>)[owners[type as ChangedType] ?? ""];
    if (typeof id === "number") reads.entity(type as ChangedType, id);
  }
}

/** The columns of several reads that share one statement. */
export function unionOf(sets: readonly ColumnSet[]): ColumnSet {
  // Those of the same field are one set.
  return new Set([...new Set(sets)].flatMap(set => [...set]));
}

/** The same for the same columns. */
export function namesOf(columns: ColumnSet): string {
  return remembered(namesOfSets, columns, () => [...columns].sort().join());
}

const namesOfSets = new WeakMap<ColumnSet, string>();

function defineKeyLoader<Row>(
  entity: EntityDefinition<Row> & Pick<Entity<Row>, "owners">,
  field: keyof Row & string,
): Loader<Lookup, Row | null> {
  const { owners } = entity;
  const type = entity.columns[field];
  const name = `${entity.name} by ${field}`;
  const cacheKey = ({ value, columns }: Lookup) => `${value}\n${namesOf(columns)}`;
  const read = async (session: ContentSession, lookups: readonly Lookup[]) => {
    const columns = unionOf([...lookups.map(lookup => lookup.columns), new Set([...entity.always, field])]);
    const values = [...new Set(lookups.map(lookup => lookup.value))];
    const rows = await session.query<Row>(sql`
        SELECT ${selectList("e", entity.columns, columns)} FROM ${trustedSql(`"${entity.table}" e`)}
        WHERE ${trustedSql(`e."${columnName(field)}"`)} = ANY (${values}::${parameterCast(type)}[])`);
    const byValue = new Map(rows.map(row => [row[field] as string | number, row]));
    return lookups.map(lookup => byValue.get(lookup.value) ?? null);
  };
  if (!owners) return defineLoader({ name, cacheKey, batch: (ctx, lookups) => read(ctx.session, lookups) });
  return defineContentLoader({
    name,
    cacheKey,
    batch: read,
    madeOf: (reads, { value }, row) => {
      if (row) return noteRow(reads, owners, row);
      for (const [owner, key] of Object.entries(owners) as [ChangedType, string][]) {
        if (key === field && typeof value === "number") reads.entity(owner, value);
        else reads.all(owner);
      }
    },
  });
}
