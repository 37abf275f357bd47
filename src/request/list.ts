// Lists of entities in keyset order, at the root or under parents: one page for each of many parents in one statement (LATERAL).
import { ownersOf, typesOf } from "../db/announced-tables";
import type { ChangedType } from "../db/change-set";
import { emptySql, joinSql, sql, trustedSql, type Sql } from "../db/sql";
import { badInput } from "../errors/app-error";
import { parameterCast, readColumn, readValue, selectList, type Columns, type ColumnType } from "./column";
import type { RequestContext } from "./context";
import { cursorScope, decodeCursor, encodeCursor, type KeyType, type KeyValue } from "./cursor";
import { namesOf, noteRow, unionOf, type ColumnSet, type Entity } from "./entity";
import { compileFilter, type CompiledFilter, type FieldCondition, type FilterInput } from "./filter";
import { defineContentLoader, defineLoader, groupBy, type Loader } from "./loader";
import { maxPageSize, pageSize, type PageArguments, type PageSize } from "./page-args";
import type { ContentReads } from "./reads";
import { remembered } from "./remembered";
import type { ContentSession } from "./shared-batches";

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
  /** A table `l` between parent and entity, whose `columns` belong on the edge; `needs` of its fields, where those are not columns. */
  link?: {
    table: string;
    on: string;
    columns: Columns<Link>;
    needs?: Readonly<Record<string, readonly (keyof Link & string)[]>>;
  };
  /** Absent for a root list. `type` is the SQL type of the parent's key. */
  parent?: { expression: string; type: string };
  /**
   * Types of which any change may change the list, where that is more than its rows, the object it is under, and what the filter and the
   * order say.
   */
  dependsOn?: readonly ChangedType[];
  /** What clients can filter by; absent for a list that has no filter. */
  filter?: { readonly fields: ReadonlyMap<string, FieldCondition> };
  /** Where the length of the whole list stands, so that it need not be counted: the sum of these names in `catalog_count`, or, under parents, in `list_count`. */
  countedAs?: readonly string[];
  /** At least one; each ends in a key that is unique in the list. */
  orders: Readonly<Record<string, readonly OrderKey[]>>;
  defaultOrder: string;
}

/** The columns of the link that are asked for stand on the edge itself. */
export type ListEdge<Row, Link> = Partial<Link> & {
  readonly node: Row;
  /** Made when it is asked for. */
  readonly cursor: string;
};

export interface ListPage<Row, Link> {
  readonly nodes: readonly Row[];
  /** Made when they are asked for. */
  readonly edges: readonly ListEdge<Row, Link>[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

export interface List<Row, Link> {
  readonly entity: Entity<Row>;
  /** The columns of the link that the edge's `fields` are made of. */
  linkColumns(fields: Iterable<string>): ColumnSet;
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
  /** Of the link. */
  linkColumns: ColumnSet;
  /** Which of these have to be exact; looking beyond a cursor costs a further step into the index. */
  hasNextPage: boolean;
  hasPreviousPage: boolean;
}

export interface ListArguments extends PageArguments {
  filter?: FilterInput | null;
  /** The list's default order when left out. */
  orderBy?: { field: string; direction: "ASC" | "DESC" } | null;
}

/** The arguments of a page, checked. */
interface CheckedArguments extends PageSize {
  readonly filter: CompiledFilter;
  readonly order: Order;
  readonly after: readonly KeyValue[] | undefined;
  readonly before: readonly KeyValue[] | undefined;
  /** Pages with the same signature are taken in one statement. */
  readonly signature: string;
}

interface TotalKey {
  parentId: ParentKey | null;
  filter: CompiledFilter;
}

interface PageKey {
  parentId: ParentKey | null;
  args: CheckedArguments;
  selection: PageSelection;
  /** The same for the same page: made once, since several ask for it. */
  name: string;
}

const pageKey = (parentId: ParentKey | null, args: CheckedArguments, selection: PageSelection): PageKey => ({
  parentId,
  args,
  selection,
  name: `${parentId}\n${args.signature}\n${selectionKey(selection)}`,
});

interface Order {
  /** Unique in the list, with its direction. */
  name: string;
  keys: readonly OrderKey[];
}

type RawRow = Readonly<Record<string, unknown>>;

/** What a statement gives for one parent. */
interface RawPage {
  parent: ParentKey | null;
  /** JSON: a list of the values of each row; null for no rows. */
  rows: string | null;
  /** Where they are asked for: whether there is a row on the far side of a cursor. */
  atOrBeforeStart?: boolean | null;
  atOrAfterEnd?: boolean | null;
}

interface PageStatement {
  readonly sql: Sql;
  /** Of the values of a row. */
  readonly names: readonly string[];
}

export function defineList<Row, Link = Record<never, never>>(definition: ListDefinition<Row, Link>): List<Row, Link> {
  const orderOf = (name: string, direction: "ASC" | "DESC" = "ASC"): Order => {
    const keys = definition.orders[name];
    if (!keys) throw new Error(`${definition.name} has no order ${name}`);
    return direction === "ASC"
      ? { name, keys }
      : { name: `${name} DESC`, keys: keys.map(key => Object.assign({}, key, { descending: !key.descending })) };
  };
  const scopeOf = ({ order, filter }: Pick<CheckedArguments, "order" | "filter">): string =>
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

  const checkArguments = (ctx: RequestContext, args: ListArguments): CheckedArguments => {
    const order = orderOf(args.orderBy?.field ?? definition.defaultOrder, args.orderBy?.direction);
    const filter = filterOf(ctx, args.filter);
    const cursor = (argument: "after" | "before") => {
      const text = args[argument];
      if (text === undefined || text === null) return undefined;
      return decodeCursor(text, scopeOf({ order, filter }), order.keys, argument);
    };
    const { size, direction } = pageSize(args);
    const [after, before] = [cursor("after"), cursor("before")];
    const signature = JSON.stringify([order.name, filter.key, size, direction, after, before]);
    return { filter, order, size, direction, after, before, signature };
  };
  /** The arguments of a field are one object, whatever the number of parents. */
  const checked = new WeakMap<ListArguments, CheckedArguments>();
  const checkedArguments = (ctx: RequestContext, args: ListArguments): CheckedArguments => {
    const known = checked.get(args);
    if (known && !known.filter.isOfToday) return known;
    const made = checkArguments(ctx, args);
    checked.set(args, made);
    return made;
  };

  const pages = definePageLoader<PageKey, ListPage<Row, Link>>(definition, {
    name: definition.name,
    cacheKey: key => key.name,
    groupedBy: ({ args }) => args.signature,
    read: async (session, group) => {
      const statement = pageStatement(definition, group);
      const pages = await session.query<RawPage>(statement.sql);
      const byParent = new Map(pages.map(page => [page.parent, page]));
      const scope = scopeOf(first(group).args);
      return group.map(({ parentId, args }) => {
        const page = byParent.get(parentId);
        return page ? toPage(definition, scope, args, page, statement.names) : nothing;
      });
    },
    madeOf: (reads, { args }, page) => notePage(reads, definition, args, page),
  });

  const totals = definePageLoader<TotalKey, number>(definition, {
    name: `${definition.name}.totalCount`,
    cacheKey: ({ parentId, filter }) => `${parentId}\n${filter.key}`,
    groupedBy: ({ filter }) => filter.key,
    read: async (session, group) => {
      const rows = await session.query<{ parent: ParentKey | null; total: number }>(totalStatement(definition, group));
      const byParent = new Map(rows.map(row => [row.parent, row.total]));
      return group.map(key => byParent.get(key.parentId) ?? 0);
    },
    madeOf: (reads, { filter }) => noteMembers(reads, definition, filter),
  });

  return {
    entity: definition.entity,
    linkColumns: fields => linkColumnsOf(definition, fields),
    page: async (ctx, parentId, args, selection) => {
      const key = pageKey(parentId, checkedArguments(ctx, args), selection);
      return selection.isRead ? pages.load(ctx, key) : nothing;
    },
    rows: async (ctx, parentId, columns, size = maxPageSize) => {
      const selection = { isRead: true, columns, linkColumns: none, hasNextPage: false, hasPreviousPage: false };
      const page = await pages.load(ctx, pageKey(parentId, checkedArguments(ctx, firstRows(size)), selection));
      return page.nodes;
    },
    total: async (ctx, parentId, args) => totals.load(ctx, { parentId, filter: checkedArguments(ctx, args).filter }),
  };
}

interface GroupedRead<Key, Value> {
  name: string;
  cacheKey: (key: Key) => string;
  /** Keys that are read in one statement. */
  groupedBy: (key: Key) => string;
  /** Values in the order of `group`. */
  read: (session: ContentSession, group: readonly Key[]) => Promise<Value[]>;
  madeOf: (reads: ContentReads, key: Key, value: Value) => void;
}

/** One statement for each group of keys. A statement that fails is the failure of its own group alone. */
function definePageLoader<Key, Value>(
  { entity, link }: Pick<ListDefinition<never, never>, "link"> & { entity: Pick<Entity<never>, "owners"> },
  { name, cacheKey, groupedBy, read, madeOf }: GroupedRead<Key, Value>,
): Loader<Key, Value> {
  const batch = async (session: ContentSession, keys: readonly Key[]) => {
    const results = new Map<Key, Value | Error>();
    await Promise.all(
      [...groupBy(keys, groupedBy).values()].map(async group => {
        try {
          const values = await read(session, group);
          group.forEach((key, index) => results.set(key, values[index] as Value));
        } catch (error) {
          for (const key of group) results.set(key, error as Error);
        }
      }),
    );
    return keys.map(key => results.get(key) as Value | Error);
  };
  const isContent = entity.owners !== null && (!link || typesOf(link.table) !== null);
  return isContent
    ? defineContentLoader({ name, cacheKey, batch, madeOf })
    : defineLoader({ name, cacheKey, batch: (ctx, keys) => batch(ctx.session, keys) });
}

/**
 * What a page is made of: its rows, and whatever may bring other rows into it. The object that it is under was read before, and is
 * announced with each change of its links.
 */
function notePage<Row, Link>(
  reads: ContentReads,
  definition: ListDefinition<Row, Link>,
  { filter, order, after, before }: CheckedArguments,
  page: ListPage<Row, Link>,
): void {
  const { entity, link } = definition;
  if (entity.owners) for (const row of page.nodes) noteRow(reads, entity.owners, row as object);
  noteMembers(reads, definition, filter);
  const isWhole = !after && !before && !page.hasNextPage && !page.hasPreviousPage;
  const isInEntityOrder = order.keys.some(({ expression }) => /\be\./.test(expression));
  if (link && isInEntityOrder && !isWhole) noteTypes(reads, entity.table);
}

/** What decides which rows the whole list has. */
function noteMembers<Row, Link>(
  reads: ContentReads,
  { entity, link, parent, dependsOn }: ListDefinition<Row, Link>,
  filter: CompiledFilter,
): void {
  const isUnderEntity = parent?.type === "integer";
  if (!isUnderEntity || (link && !filter.isEmpty)) noteTypes(reads, entity.table);
  if (link && !ownersOf(link.table)) noteTypes(reads, link.table);
  for (const type of filter.types) reads.all(type);
  for (const type of dependsOn ?? []) reads.all(type);
}

function noteTypes(reads: ContentReads, table: string): void {
  for (const type of typesOf(table) ?? []) reads.all(type);
}

const nothing = { nodes: [], edges: [], hasNextPage: false, hasPreviousPage: false };
const none: ColumnSet = new Set();

function linkColumnsOf<Row, Link>(
  { link }: Pick<ListDefinition<Row, Link>, "link">,
  fields: Iterable<string>,
): ColumnSet {
  if (!link) return none;
  const columnsOf = (field: string): readonly string[] => link.needs?.[field] ?? (field in link.columns ? [field] : []);
  return new Set([...fields].flatMap(columnsOf));
}

/** One object for each size, so that it is checked once. */
const firstRows = (size: number): ListArguments => remembered(argumentsBySize, size, () => ({ first: size }));
const argumentsBySize = new Map<number, ListArguments>();

function selectionKey({ columns, linkColumns, hasNextPage, hasPreviousPage }: PageSelection): string {
  return `${namesOf(columns)}\n${namesOf(linkColumns)}\n${hasNextPage}\n${hasPreviousPage}`;
}

/** The rows of a page come as one text: so driver and client have one value to read, and not each of hundreds by itself. */
function pageStatement<Row, Link>(definition: ListDefinition<Row, Link>, group: readonly PageKey[]): PageStatement {
  const { entity, link } = definition;
  const { size, direction, after, before, filter, order } = first(group).args;
  const { keys } = order;
  const columns = [...unionOf([new Set(entity.always), ...group.map(({ selection }) => selection.columns)])];
  const linkColumns = [...unionOf(group.map(({ selection }) => selection.linkColumns))];
  const from = fromClause(definition);
  const scope = scopeCondition(definition, filter);
  const parts = [
    selectList("e", entity.columns, columns),
    ...linkColumns.map(field => linkColumn(field, link?.columns)),
    ...keys.map((key, index) => sql`${readKey(key)} AS ${trustedSql(`"k${index}"`)}`),
  ];
  const names = [...columns, ...linkColumns.map(field => `link.${field}`), ...keys.map((_, index) => `k${index}`)];
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
  const asksPrevious = group.some(({ selection }) => selection.hasPreviousPage);
  const asksNext = group.some(({ selection }) => selection.hasNextPage);
  // Not a parameter: a plan that is made once for all has to know whether a few rows are wanted.
  const limit = trustedSql(String(size + 1));
  const statement = sql`
    SELECT p."parent", ${asksPrevious ? beyond(after, "before", `"atOrBeforeStart"`) : emptySql}
      ${asksNext ? beyond(before, "after", `"atOrAfterEnd"`) : emptySql} (
        SELECT json_agg(json_build_array(${joinSql(names.map(name => trustedSql(`x."${name}"`)))}))::text
        FROM (
          SELECT ${joinSql(parts)} FROM ${from} WHERE ${joinSql(bounds, " AND ")}
          ORDER BY ${orderBy(keys, direction)} LIMIT ${limit}
        ) x
      ) AS "rows"
    FROM ${parentsClause(definition, group)}`;
  return { sql: statement, names };
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
  args: CheckedArguments,
  { rows, atOrBeforeStart, atOrAfterEnd }: RawPage,
  names: readonly string[],
): ListPage<Row, Link> {
  const found = rows === null ? [] : (JSON.parse(rows) as readonly unknown[][]);
  const more = found.length > args.size;
  const kept = found.slice(0, args.size).map(values => rowOf(names, values));
  if (args.direction === "backward") kept.reverse();
  const linkFields = Object.keys(definition.link?.columns ?? {});
  return new Page<Row, Link>(
    kept,
    row => new Edge(row, scope, args, linkFields),
    (args.direction === "forward" && more) || atOrAfterEnd === true,
    (args.direction === "backward" && more) || atOrBeforeStart === true,
  );
}

class Page<Row, Link> implements ListPage<Row, Link> {
  readonly nodes: readonly Row[];
  #edges: readonly ListEdge<Row, Link>[] | null = null;

  constructor(
    rows: readonly RawRow[],
    private readonly edgeOf: (row: RawRow) => Edge,
    readonly hasNextPage: boolean,
    readonly hasPreviousPage: boolean,
  ) {
    this.nodes = rows as readonly unknown[] as readonly Row[];
  }

  get edges(): readonly ListEdge<Row, Link>[] {
    this.#edges ??= (this.nodes as readonly unknown[] as readonly RawRow[]).map(this.edgeOf) as unknown[] as ListEdge<
      Row,
      Link
    >[];
    return this.#edges;
  }
}

function rowOf(names: readonly string[], values: readonly unknown[]): RawRow {
  const row: Record<string, unknown> = {};
  for (let index = 0; index < names.length; index++) row[names[index] as string] = values[index];
  return row;
}

class Edge {
  readonly #scope: string;
  readonly #args: CheckedArguments;

  constructor(
    readonly node: RawRow,
    scope: string,
    args: CheckedArguments,
    linkFields: readonly string[],
  ) {
    this.#scope = scope;
    this.#args = args;
    const link = this as unknown as Record<string, unknown>;
    for (const field of linkFields) link[field] = node[`link.${field}`];
  }

  get cursor(): string {
    return encodeCursor(
      this.#scope,
      this.#args.order.keys.map((_, index) => this.node[`k${index}`] as KeyValue),
    );
  }
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

function linkColumn(field: string, columns: Readonly<Record<string, ColumnType>> | undefined): Sql {
  const type = columns?.[field];
  if (!type) throw new Error(`no column ${field} on the link`);
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
