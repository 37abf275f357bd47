// Entities: tables whose rows have an id. Read by key, in batches, with the columns that were asked for and no others.
import { columnName, sql, trustedSql } from "../db/sql";
import { parameterCast, selectList, type Columns } from "./column";
import type { RequestContext } from "./context";
import { defineLoader, type Loader } from "./loader";

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
  const loaders = new Map<string, Loader<Lookup, Row | null>>();
  const loaderOf = (field: keyof Row & string): Loader<Lookup, Row | null> => {
    const loader = loaders.get(field) ?? defineKeyLoader(definition, field);
    loaders.set(field, loader);
    return loader;
  };
  return {
    ...definition,
    find: (ctx, field, value, columns) => loaderOf(field).load(ctx, { value, columns }),
  };
}

/** The columns of several reads that share one statement. */
export function unionOf(sets: readonly ColumnSet[]): ColumnSet {
  return new Set(sets.flatMap(set => [...set]));
}

function defineKeyLoader<Row>(entity: EntityDefinition<Row>, field: keyof Row & string): Loader<Lookup, Row | null> {
  const type = entity.columns[field];
  return defineLoader<Lookup, Row | null>({
    cacheKey: ({ value, columns }) => `${value}\n${[...columns].sort().join()}`,
    batch: async (ctx, lookups) => {
      const columns = unionOf([...lookups.map(lookup => lookup.columns), new Set([...entity.always, field])]);
      const values = [...new Set(lookups.map(lookup => lookup.value))];
      const rows = await ctx.session.query<Row>(sql`
        SELECT ${selectList("e", entity.columns, columns)} FROM ${trustedSql(`"${entity.table}" e`)}
        WHERE ${trustedSql(`e."${columnName(field)}"`)} = ANY (${values}::${parameterCast(type)}[])`);
      const byValue = new Map(rows.map(row => [row[field] as string | number, row]));
      return lookups.map(lookup => byValue.get(lookup.value) ?? null);
    },
  });
}
