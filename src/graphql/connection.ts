// Connections after the Relay cursor specification: the types, and the value behind them. Everything on it is made when it is selected.
import { Field, Int, ObjectType, type ClassType } from "type-graphql";
import type { RequestContext } from "../request/context";
import type { List, ListArguments, ListPage, ParentKey } from "../request/list";
import { isSelected, oncePerSelection, selectedColumns, selectedNames, type SelectionInfo } from "./selection";

@ObjectType("PageInfo", { simpleResolvers: true, description: "Where a page lies in its list." })
export class PageInfo {
  @Field(() => Boolean, { description: "Whether there are items after this page." })
  readonly hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Whether there are items before this page." })
  readonly hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: "The cursor of the first item of this page; null when the page is empty.",
  })
  readonly startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The cursor of the last item of this page; null when the page is empty.",
  })
  readonly endCursor!: string | null;
}

/**
 * What every edge has. The edge type itself extends it, and may add fields that belong to the item's place in the list.
 * @param item what one item is called in descriptions, e.g. "tool".
 */
export function edgeOf<T extends object>(
  node: () => ClassType<T>,
  item: string,
): ClassType<{ node: T; cursor: string }> {
  @ObjectType({ simpleResolvers: true })
  class EdgeBase {
    @Field(node, { description: `The ${item}.` })
    readonly node!: T;

    @Field(() => String, { description: "Where the item stands in this list and order: for `after` and `before`." })
    readonly cursor!: string;
  }
  return EdgeBase;
}

/**
 * What every connection has. The connection type itself extends it.
 * @param items what the items are called in descriptions, e.g. "tools".
 */
export function connectionOf<T extends object>(
  node: () => ClassType<T>,
  edge: () => ClassType<object>,
  items: string,
): ClassType<object> {
  @ObjectType({ simpleResolvers: true })
  class ConnectionBase {
    @Field(() => [edge()], { description: `The ${items} of this page, each with its place in the list.` })
    readonly edges!: object[];

    @Field(() => [node()], { description: `The ${items} of this page, for when the edges do not matter.` })
    readonly nodes!: T[];

    @Field(() => PageInfo, { description: "Where this page lies in the list." })
    readonly pageInfo!: PageInfo;

    @Field(() => Int, {
      description: `How many ${items} the whole list has, that fit the filter. Counted only when selected.`,
    })
    readonly totalCount!: number;
  }
  return ConnectionBase;
}

/** The value of a connection field. Accessors, so that what is not selected is not made. */
export class ConnectionValue<Row, Link> {
  readonly #page: ListPage<Row, Link>;
  readonly #total: () => Promise<number>;

  constructor(page: ListPage<Row, Link>, total: () => Promise<number>) {
    this.#page = page;
    this.#total = total;
  }

  get edges(): readonly object[] {
    return this.#page.edges;
  }

  get nodes(): readonly Row[] {
    return this.#page.nodes;
  }

  get pageInfo(): PageInfo {
    return new PageInfoValue(this.#page);
  }

  get totalCount(): Promise<number> {
    return this.#total();
  }
}

class PageInfoValue implements PageInfo {
  readonly #page: ListPage<unknown, unknown>;

  constructor(page: ListPage<unknown, unknown>) {
    this.#page = page;
  }

  get hasNextPage(): boolean {
    return this.#page.hasNextPage;
  }

  get hasPreviousPage(): boolean {
    return this.#page.hasPreviousPage;
  }

  get startCursor(): string | null {
    return this.#page.edges[0]?.cursor ?? null;
  }

  get endCursor(): string | null {
    return this.#page.edges.at(-1)?.cursor ?? null;
  }
}

/**
 * The value of a connection field: one page of `list`, under `parentId` or at the root, with the columns that are selected.
 * @throws AppError BAD_USER_INPUT for page sizes, cursors and filters that do not fit.
 */
export async function connect<Row, Link>(
  list: List<Row, Link>,
  parentId: ParentKey | null,
  args: ListArguments,
  ctx: RequestContext,
  info: SelectionInfo,
): Promise<ConnectionValue<Row, Link>> {
  const selection = oncePerSelection(info, list, () => ({
    isRead: pageFields.some(field => isSelected(info, field)),
    columns: selectedColumns(info, list.entity, nodePaths),
    linkColumns: list.linkColumns(selectedNames(info, "edges")),
    hasNextPage: isSelected(info, "pageInfo", "hasNextPage"),
    hasPreviousPage: isSelected(info, "pageInfo", "hasPreviousPage"),
  }));
  const page = await list.page(ctx, parentId, args, selection);
  return new ConnectionValue(page, () => list.total(ctx, parentId, args));
}

/** Where the nodes of a connection field are. */
export const nodePaths = [["edges", "node"], ["nodes"]];

/** What is made of the page; the rest of a connection is not. */
const pageFields = ["edges", "nodes", "pageInfo"];

/** The value of a plain list field, for lists that are short by nature: all rows under `parentId`, at most 100. */
export function listAll<Row, Link>(
  list: List<Row, Link>,
  parentId: number,
  ctx: RequestContext,
  info: SelectionInfo,
): Promise<readonly Row[]> {
  return list.rows(ctx, parentId, selectedColumns(info, list.entity));
}

/** The value of a field that gives the first row of a list under `parentId`, or null. */
export async function firstOf<Row, Link>(
  list: List<Row, Link>,
  parentId: number,
  ctx: RequestContext,
  info: SelectionInfo,
): Promise<Row | null> {
  const [row] = await list.rows(ctx, parentId, selectedColumns(info, list.entity), 1);
  return row ?? null;
}
