// Lists of entities in keyset order, at the root or under parents: one page for each of many parents in one statement (LATERAL).
import { emptySql, joinSql, sql, trustedSql, type Sql } from "../db/sql";
import { badInput } from "../errors/app-error";
import { parameterCast, readColumn, readValue, selectList, type Columns, type ColumnType } from "./column";
import type { RequestContext } from "./context";
import { cursorScope, decodeCursor, encodeCursor, type KeyType, type KeyValue } from "./cursor";
import { unionOf, type ColumnSet, type Entity } from "./entity";
import { compileFilter, type CompiledFilter, type FieldCondition, type FilterInput } from "./filter";
import { defineLoader, groupBy } from "./loader";
import { maxPageSize, pageSize, type PageArguments, type PageSize } from "./page-args";

/**
 * SQL over the aliases `e` (the entity) and `l` (the link table). Never null. Text carries `COLLATE "C"`, so that every database sorts alike.
 */
export interface OrderKey extends KeyType {
  expression: string;
  type: ColumnType & ("integer" | "bigint" | "text" | "date" | "instant" | "enum");
  /** Of an enum: its SQL type. */
  cast?: string;
  descending?: boolean;
}

export type ParentKey = number | string;

export interface ListDefinition<Row, Link> {
  /** Unique; cursors are bound to it. */
  name: string;
  entity: Entity<Row>;
  /** A table `l` between parent and entity, whose `columns` belong on the edge. */
  link?: { table: string; on: string; columns: Columns<Link> };
  /** Absent for a root list. `type` is the SQL type of the parent's key. */
  parent?: { expression: string; type: string };
  /** What clients can filter by; absent for a list that has no filter. */
  filter?: { readonly fields: ReadonlyMap<string, FieldCondition> };
  /** Where the length of the whole list stands, so that it need not be counted: the sum of these names in `catalog_count`, or, under parents, in `list_count`. */
  countedAs?: readonly string[];
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
   * @throws AppError BAD_USER_INPUT for page sizes, cursors and filters that do not fit.
   */
  page(
    ctx: RequestContext,
    parentId: ParentKey | null,
    args: ListArguments,
    selection: PageSelection,
  ): Promise<ListPage<Row, Link>>;
  /** The first `size` rows in the default order. */
  rows(ctx: RequestContext, parentId: ParentKey, columns: ColumnSet, size?: number): Promise<readonly Row[]>;
  /** How many rows the list has that fit the filter; shared by the parents that ask. */
  total(ctx: RequestContext, parentId: ParentKey | null, args: ListArguments): Promise<number>;
}

/** What is asked of a page. */
export interface PageSelection {
  /** Whether anything is: a page of which nothing is asked is checked, but not read. */
  isRead: boolean;
  columns: ColumnSet;
  /** Which of these have to be exact; looking beyond a cursor costs a further step into the index. */
  hasNextPage: boolean;
  hasPreviousPage: boolean;
}

export interface ListArguments extends PageArguments {
  filter?: FilterInput | null;
  /** The list's default order when left out. */
  orderBy?: { field: string; direction: "ASC" | "DESC" } | null;
}

interface TotalKey {
  parentId: ParentKey | null;
  filter: CompiledFilter;
}

interface PageKey extends TotalKey, PageSize, PageSelection {
  order: Order;
  after: readonly KeyValue[] | undefined;
  before: readonly KeyValue[] | undefined;
}

interface Order {
  /** Unique in the list, with its direction. */
  name: string;
  keys: readonly OrderKey[];
}

type RawRow = Readonly<Record<string, unknown>> & { parent: ParentKey | null };

export function defineList<Row, Link = Record<never, never>>(definition: ListDefinition<Row, Link>): List<Row, Link> {
  const orderOf = (name: string, direction: "ASC" | "DESC" = "ASC"): Order => {
    const keys = definition.orders[name];
    if (!keys) throw new Error(`${definition.name} has no order ${name}`);
    return direction === "ASC"
      ? { name, keys }
      : { name: `${name} DESC`, keys: keys.map(key => ({ ...key, descending: !key.descending })) };
  };
  const scopeOf = ({ order, filter }: Pick<PageKey, "order" | "filter">): string =>
    cursorScope(definition.name, order.name, filter.key);

  const filterOf = (ctx: RequestContext, input: FilterInput | null | undefined): CompiledFilter => {
    const filter = compileFilter(ctx, definition.filter?.fields ?? new Map<string, FieldCondition>(), input);
    // Under a parent, the parent's key finds the rows.
    if (definition.parent || filter.isEmpty || filter.isIndexed) return filter;
    throw badInput(
      "filter",
      "would read the whole list. Add a condition other than `not`, `none` or an empty `some`; under `or`, to each branch.",
    );
  };

  const pages = defineLoader<PageKey, ListPage<Row, Link>>({
    cacheKey: key =>
      [signature(key), key.parentId, [...key.columns].sort(), key.hasNextPage, key.hasPreviousPage].join("\n"),
    batch: async (ctx, keys) => {
      const groups = [...groupBy(keys, signature).values()];
      const results = new Map<PageKey, ListPage<Row, Link>>();
      await Promise.all(
        groups.map(async group => {
          const byParent = groupBy(
            await ctx.session.query<RawRow>(pageStatement(definition, group)),
            row => row.parent,
          );
          const scope = scopeOf(first(group));
          for (const key of group) results.set(key, toPage(definition, scope, key, byParent.get(key.parentId) ?? []));
        }),
      );
      return keys.map(key => results.get(key) ?? new Error("a page is missing"));
    },
  });

  const totals = defineLoader<TotalKey, number>({
    cacheKey: ({ parentId, filter }) => `${parentId}\n${filter.key}`,
    batch: async (ctx, keys) => {
      const groups = [...groupBy(keys, ({ filter }) => filter.key).values()];
      const results = new Map<TotalKey, number>();
      await Promise.all(
        groups.map(async group => {
          const rows = await ctx.session.query<{ parent: ParentKey | null; total: number }>(
            totalStatement(definition, group),
          );
          const byParent = new Map(rows.map(row => [row.parent, row.total]));
          for (const key of group) results.set(key, byParent.get(key.parentId) ?? 0);
        }),
      );
      return keys.map(key => results.get(key) ?? 0);
    },
  });

  return {
    entity: definition.entity,
    page: async (ctx, parentId, args, selection) => {
      const order = orderOf(args.orderBy?.field ?? definition.defaultOrder, args.orderBy?.direction);
      const filter = filterOf(ctx, args.filter);
      const cursor = (argument: "after" | "before") => {
        const text = args[argument];
        if (text === undefined || text === null) return undefined;
        return decodeCursor(text, scopeOf({ order, filter }), order.keys, argument);
      };
      const key: PageKey = {
        ...{ parentId, filter, order },
        ...selection,
        ...pageSize(args),
        after: cursor("after"),
        before: cursor("before"),
      };
      return selection.isRead ? pages.load(ctx, key) : nothing;
    },
    rows: async (ctx, parentId, columns, size = maxPageSize) => {
      const page = await pages.load(ctx, {
        ...{ parentId, size, direction: "forward" },
        ...{ isRead: true, columns, hasNextPage: false, hasPreviousPage: false },
        ...{ order: orderOf(definition.defaultOrder), filter: filterOf(ctx, null) },
        ...{ after: undefined, before: undefined },
      });
      return page.edges.map(edge => edge.node);
    },
    total: async (ctx, parentId, { filter }) => totals.load(ctx, { parentId, filter: filterOf(ctx, filter) }),
  };
}

const nothing = { edges: [], hasNextPage: false, hasPreviousPage: false };

/** Pages with the same signature are taken in one statement. */
function signature({ order, filter, size, direction, after, before }: PageKey): string {
  return JSON.stringify([order.name, filter.key, size, direction, after, before]);
}

function pageStatement<Row, Link>(definition: ListDefinition<Row, Link>, group: readonly PageKey[]): Sql {
  const { entity, link } = definition;
  const { size, direction, after, before, filter, order } = first(group);
  const { keys } = order;
  const columns = unionOf([new Set(entity.always), ...group.map(key => key.columns)]);
  const from = fromClause(definition);
  const scope = scopeCondition(definition, filter);
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
  // Exact `hasPreviousPage` after a cursor and `hasNextPage` before one: is there a row on the far side? The nearest one, by the
  // index of the order: EXISTS would let the planner read the table until it meets one, which may stand at its end.
  const beyond = (values: readonly KeyValue[] | undefined, farSide: "before" | "after", name: string) =>
    values
      ? sql`(
        SELECT TRUE FROM ${from} WHERE ${scope} AND ${compare(keys, values, farSide, true)}
        ORDER BY ${orderBy(keys, farSide === "after" ? "forward" : "backward")} LIMIT 1
      ) AS ${trustedSql(name)},`
      : emptySql;
  const asksPrevious = group.some(key => key.hasPreviousPage);
  const asksNext = group.some(key => key.hasNextPage);
  return sql`
    SELECT p."parent", ${asksPrevious ? beyond(after, "before", `"atOrBeforeStart"`) : emptySql}
      ${asksNext ? beyond(before, "after", `"atOrAfterEnd"`) : emptySql} x.*
    FROM ${parentsClause(definition, group)}
    LEFT JOIN LATERAL (
      SELECT ${joinSql(parts)} FROM ${from} WHERE ${joinSql(bounds, " AND ")}
      ORDER BY ${orderBy(keys, direction)} LIMIT ${size + 1}
    ) x ON TRUE
    ORDER BY p."parent", ${orderBy(
      // An enum's order is not that of its text.
      keys.map((key, index) => ({ ...key, expression: `x."k${index}"${key.cast ? `::${key.cast}` : ""}` })),
      direction,
    )}`;
}

function totalStatement<Row, Link>(definition: ListDefinition<Row, Link>, group: readonly TotalKey[]): Sql {
  const { filter } = first(group);
  if (definition.countedAs && filter.isEmpty) {
    const names = sql`${[...definition.countedAs]}::text[]`;
    return definition.parent
      ? sql`
      SELECT "parent_id" AS "parent", sum("count")::integer AS "total"
      FROM "list_count" WHERE "list" = ANY (${names}) AND "parent_id" = ANY (${parentIds(group)}::integer[])
      GROUP BY "parent_id"`
      : sql`
      SELECT NULL AS "parent", sum("count")::integer AS "total"
      FROM "catalog_count" WHERE "name" = ANY (${names})`;
  }
  return sql`
    SELECT p."parent", (
      SELECT count(*)::integer FROM ${fromClause(definition)} WHERE ${scopeCondition(definition, filter)}
    ) AS "total"
    FROM ${parentsClause(definition, group)}`;
}

function toPage<Row, Link>(
  definition: ListDefinition<Row, Link>,
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
          key.order.keys.map((_, index) => row[`k${index}`] as KeyValue),
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

function scopeCondition<Row, Link>({ parent }: ListDefinition<Row, Link>, filter: CompiledFilter): Sql {
  return parent ? sql`${trustedSql(`${parent.expression} = p."parent"`)} AND ${filter.sql}` : filter.sql;
}

function parentsClause<Row, Link>(
  { parent }: ListDefinition<Row, Link>,
  group: readonly { parentId: ParentKey | null }[],
): Sql {
  if (!parent) return sql`(SELECT NULL::integer AS "parent") p`;
  // Text that is cast by the database: of its own types, such as enums, not every driver can write an array.
  const cast = trustedSql(parent.type === "integer" ? "integer[]" : `text[]::${parent.type}[]`);
  return sql`unnest(${parentIds(group)}::${cast}) AS p("parent")`;
}

const parentIds = (group: readonly { parentId: ParentKey | null }[]) => [...new Set(group.map(key => key.parentId))];

function linkColumn([field, type]: [string, ColumnType]): Sql {
  return sql`${readColumn("l", field, type)} AS ${trustedSql(`"link.${field}"`)}`;
}

/** The sort value as it stands in a cursor. */
const readKey = ({ expression, type }: OrderKey): Sql => readValue(expression, type);

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
  const parameter = (index: number) => {
    const { type = "text", cast } = keys[index] ?? {};
    return sql`${values[index]}::${cast === undefined ? parameterCast(type) : trustedSql(cast)}`;
  };
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
