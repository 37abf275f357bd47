// Lists of entities in keyset order, at the root or under parents: one page for each of many parents in one statement (LATERAL).
import { emptySql, joinSql, sql, trustedSql, type Sql } from "../db/sql";
import { parameterCast, readColumn, selectList, type Columns, type ColumnType } from "./column";
import type { RequestContext } from "./context";
import { cursorScope, decodeCursor, encodeCursor, type KeyValue } from "./cursor";
import { unionOf, type ColumnSet, type Entity } from "./entity";
import { defineLoader, groupBy } from "./loader";
import { maxPageSize, pageSize, type PageArguments, type PageSize } from "./page-args";

/**
 * SQL over the aliases `e` (the entity) and `l` (the link table). Never null. Text carries `COLLATE "C"`, so that every database sorts alike.
 */
export interface OrderKey {
  expression: string;
  type: ColumnType & ("integer" | "text" | "date");
  descending?: boolean;
}

export interface ListDefinition<Row, Link> {
  /** Unique; cursors are bound to it. */
  name: string;
  entity: Entity<Row>;
  /** A table `l` between parent and entity, whose `columns` belong on the edge. */
  link?: { table: string; on: string; columns: Columns<Link> };
  /** Absent for a root list. */
  parent?: { expression: string; type: "integer" };
  /** At least one; each ends in a key that is unique in the list. */
  orders: Readonly<Record<string, readonly OrderKey[]>>;
  defaultOrder: string;
}

export interface ListEdge<Row, Link> {
  readonly node: Row;
  readonly link: Link;
  /** Made when it is asked for. */
  readonly cursor: string;
}

export interface ListPage<Row, Link> {
  readonly edges: readonly ListEdge<Row, Link>[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

export interface List<Row, Link> {
  readonly entity: Entity<Row>;
  /**
   * One page; pages of the same arguments under different parents share a statement.
   * @throws AppError BAD_USER_INPUT for page sizes and cursors that do not fit.
   */
  page(
    ctx: RequestContext,
    parentId: number | null,
    args: ListArguments,
    columns: ColumnSet,
  ): Promise<ListPage<Row, Link>>;
  /** All rows, in the default order, of a list that is short by nature; never more than 100. */
  rows(ctx: RequestContext, parentId: number, columns: ColumnSet): Promise<readonly Row[]>;
  /** How many rows the whole list has; shared by the parents that ask. */
  total(ctx: RequestContext, parentId: number | null): Promise<number>;
}

export interface ListArguments extends PageArguments {
  order?: string | null | undefined;
}

interface PageKey extends PageSize {
  parentId: number | null;
  order: string;
  after: readonly KeyValue[] | undefined;
  before: readonly KeyValue[] | undefined;
  columns: ColumnSet;
}

type RawRow = Readonly<Record<string, unknown>> & { parent: number | null };

export function defineList<Row, Link = Record<never, never>>(definition: ListDefinition<Row, Link>): List<Row, Link> {
  const orders = new Map(
    Object.entries(definition.orders).map(([name, keys]) => [
      name,
      { keys, scope: cursorScope(definition.name, name) },
    ]),
  );
  const orderOf = (name: string) => {
    const order = orders.get(name);
    if (!order) throw new Error(`${definition.name} has no order ${name}`);
    return order;
  };

  const pages = defineLoader<PageKey, ListPage<Row, Link>>({
    cacheKey: key => `${signature(key)}\n${key.parentId}\n${[...key.columns].sort().join()}`,
    batch: async (ctx, keys) => {
      const groups = [...groupBy(keys, signature).values()];
      const results = new Map<PageKey, ListPage<Row, Link>>();
      await Promise.all(
        groups.map(async group => {
          const { keys: orderKeys, scope } = orderOf(first(group).order);
          const byParent = groupBy(
            await ctx.session.query<RawRow>(pageStatement(definition, orderKeys, group)),
            row => row.parent,
          );
          for (const key of group)
            results.set(key, toPage(definition, orderKeys, scope, key, byParent.get(key.parentId) ?? []));
        }),
      );
      return keys.map(key => results.get(key) ?? new Error("a page is missing"));
    },
  });

  const totals = defineLoader<Pick<PageKey, "parentId">, number>({
    cacheKey: ({ parentId }) => String(parentId),
    batch: async (ctx, keys) => {
      const parents = parentsClause(
        definition,
        keys.map(key => key.parentId),
      );
      const rows = await ctx.session.query<{ parent: number | null; total: number }>(sql`
        SELECT p."parent", (SELECT count(*)::integer FROM ${fromClause(definition)} WHERE ${scopeCondition(definition)}) AS "total"
        FROM ${parents}`);
      const byParent = new Map(rows.map(row => [row.parent, row.total]));
      return keys.map(({ parentId }) => byParent.get(parentId) ?? 0);
    },
  });

  return {
    entity: definition.entity,
    page: async (ctx, parentId, args, columns) => {
      const name = args.order ?? definition.defaultOrder;
      const { keys, scope } = orderOf(name);
      const types = keys.map(key => key.type);
      const cursor = (argument: "after" | "before") => {
        const text = args[argument];
        return text === undefined || text === null ? undefined : decodeCursor(text, scope, types, argument);
      };
      return pages.load(ctx, {
        parentId,
        ...pageSize(args),
        order: name,
        after: cursor("after"),
        before: cursor("before"),
        columns,
      });
    },
    rows: async (ctx, parentId, columns) => {
      const page = await pages.load(ctx, {
        parentId,
        size: maxPageSize,
        direction: "forward",
        order: definition.defaultOrder,
        after: undefined,
        before: undefined,
        columns,
      });
      return page.edges.map(edge => edge.node);
    },
    total: (ctx, parentId) => totals.load(ctx, { parentId }),
  };
}

/** Pages with the same signature are taken in one statement. */
function signature({ order, size, direction, after, before }: PageKey): string {
  return JSON.stringify([order, size, direction, after, before]);
}

function pageStatement<Row, Link>(
  definition: ListDefinition<Row, Link>,
  keys: readonly OrderKey[],
  group: readonly PageKey[],
): Sql {
  const { entity, link } = definition;
  const { size, direction, after, before } = first(group);
  const columns = unionOf([new Set(entity.always), ...group.map(key => key.columns)]);
  const from = fromClause(definition);
  const scope = scopeCondition(definition);
  const parts = [
    selectList("e", entity.columns, columns),
    ...(link ? Object.entries<ColumnType>(link.columns).map(linkColumn) : []),
    ...keys.map((key, index) => sql`${readKey(key)} AS ${trustedSql(`"k${index}"`)}`),
  ];
  const bounds = [
    scope,
    ...(after ? [compare(keys, after, "after")] : []),
    ...(before ? [compare(keys, before, "before")] : []),
  ];
  // Exact `hasPreviousPage` after a cursor and `hasNextPage` before one: is there a row on the far side?
  const beyond = (values: readonly KeyValue[] | undefined, farSide: "before" | "after", name: string) =>
    values
      ? sql`EXISTS (SELECT 1 FROM ${from} WHERE ${scope} AND ${compare(keys, values, farSide, true)}) AS ${trustedSql(name)},`
      : emptySql;
  return sql`
    SELECT p."parent", ${beyond(after, "before", `"atOrBeforeStart"`)} ${beyond(before, "after", `"atOrAfterEnd"`)} x.*
    FROM ${parentsClause(
      definition,
      group.map(key => key.parentId),
    )}
    LEFT JOIN LATERAL (
      SELECT ${joinSql(parts)} FROM ${from} WHERE ${joinSql(bounds, " AND ")}
      ORDER BY ${orderBy(keys, direction)} LIMIT ${size + 1}
    ) x ON TRUE
    ORDER BY p."parent", ${orderBy(
      keys.map((key, index) => ({ ...key, expression: `x."k${index}"` })),
      direction,
    )}`;
}

function toPage<Row, Link>(
  definition: ListDefinition<Row, Link>,
  keys: readonly OrderKey[],
  scope: string,
  key: PageKey,
  rows: readonly RawRow[],
): ListPage<Row, Link> {
  const found = rows.filter(row => row["k0"] !== null);
  const more = found.length > key.size;
  const kept = found.slice(0, key.size);
  if (key.direction === "backward") kept.reverse();
  const linkFields = Object.keys(definition.link?.columns ?? {});
  return {
    edges: kept.map(row => ({
      node: row as Row,
      link: Object.fromEntries(linkFields.map(field => [field, row[`link.${field}`]])) as Link,
      get cursor() {
        return encodeCursor(
          scope,
          keys.map((_, index) => row[`k${index}`] as KeyValue),
        );
      },
    })),
    hasNextPage: key.direction === "forward" && more ? true : rows[0]?.["atOrAfterEnd"] === true,
    hasPreviousPage: key.direction === "backward" && more ? true : rows[0]?.["atOrBeforeStart"] === true,
  };
}

function fromClause<Row, Link>({ entity, link }: ListDefinition<Row, Link>): Sql {
  return link
    ? trustedSql(`"${link.table}" l JOIN "${entity.table}" e ON ${link.on}`)
    : trustedSql(`"${entity.table}" e`);
}

function scopeCondition<Row, Link>({ parent }: ListDefinition<Row, Link>): Sql {
  return parent ? trustedSql(`${parent.expression} = p."parent"`) : sql`TRUE`;
}

function parentsClause<Row, Link>({ parent }: ListDefinition<Row, Link>, parentIds: readonly (number | null)[]): Sql {
  if (!parent) return sql`(SELECT NULL::integer AS "parent") p`;
  return sql`unnest(${[...new Set(parentIds)]}::${parameterCast(parent.type)}[]) AS p("parent")`;
}

function linkColumn([field, type]: [string, ColumnType]): Sql {
  return sql`${readColumn("l", field, type)} AS ${trustedSql(`"link.${field}"`)}`;
}

/** The sort value as it stands in a cursor. */
function readKey({ expression, type }: OrderKey): Sql {
  const value = trustedSql(expression);
  return type === "date" ? sql`to_char(${value}, 'YYYY-MM-DD')` : value;
}

function orderBy(keys: readonly OrderKey[], direction: PageSize["direction"]): Sql {
  return joinSql(
    keys.map(({ expression, descending = false }) =>
      trustedSql(`${expression} ${descending === (direction === "forward") ? "DESC" : "ASC"}`),
    ),
  );
}

/**
 * Rows after, or before, the sort values `values`; those equal to them only with `orEqual`. A row comparison where all keys point one
 * way, since an index serves it in one step; else the same spelled out.
 */
function compare(
  keys: readonly OrderKey[],
  values: readonly KeyValue[],
  side: "after" | "before",
  orEqual = false,
): Sql {
  const parameter = (index: number) => sql`${values[index]}::${parameterCast(keys[index]?.type ?? "text")}`;
  const operator = (key: OrderKey | undefined) => ((side === "after") === (key?.descending ?? false) ? "<" : ">");
  const sameWay = keys.every(key => (key.descending ?? false) === (keys[0]?.descending ?? false));
  if (sameWay) {
    const left = joinSql(keys.map(key => trustedSql(key.expression)));
    const right = joinSql(keys.map((_, index) => parameter(index)));
    return sql`(${left}) ${trustedSql(operator(keys[0]) + (orEqual ? "=" : ""))} (${right})`;
  }
  const equal = (index: number) => sql`${trustedSql(keys[index]?.expression ?? "")} = ${parameter(index)}`;
  const steps = keys.map((key, index) => {
    const ties = keys.slice(0, index).map((_, at) => equal(at));
    const step = sql`${trustedSql(key.expression)} ${trustedSql(operator(key))} ${parameter(index)}`;
    return sql`(${joinSql([...ties, step], " AND ")})`;
  });
  const ties = orEqual
    ? [
        sql`(${joinSql(
          keys.map((_, index) => equal(index)),
          " AND ",
        )})`,
      ]
    : [];
  return sql`(${joinSql([...steps, ...ties], " OR ")})`;
}

function first<T>(values: readonly T[]): T {
  const [value] = values;
  if (value === undefined) throw new Error("an empty group");
  return value;
}
