// Filters as SQL: what a client may ask of an entity's columns and relations, compiled to conditions over its table. Bounded, and
// aware of which conditions an index serves. The GraphQL inputs are made from the same definitions, see graphql/filter.ts.
import { typesOf } from "../db/announced-tables";
import type { ChangedType } from "../db/change-set";
import { joinSql, sql, trustedSql, type Sql } from "../db/sql";
import { badInput } from "../errors/app-error";
import { today, type RequestContext } from "./context";

/** For graphql/, which stands on this layer and not on db/. */
export type { Sql } from "../db/sql";

/** A filter as the client gave it, checked by GraphQL; null and undefined ask for nothing. */
export type FilterInput = Readonly<Record<string, unknown>>;

/** What a condition compiles to. */
export interface Condition {
  readonly sql: Sql;
  /** Whether an index finds the rows, so that nothing has to be read that does not fit. */
  readonly isIndexed: boolean;
}

/** Where in the filter and in the SQL a condition stands. */
export interface Place {
  /** The table's alias. */
  readonly alias: string;
  /** For errors, such as `filter.and.0.title`. */
  readonly path: string;
  readonly depth: number;
  /** Inside `or`, where PostgreSQL cannot turn EXISTS into a join. */
  readonly isBranch: boolean;
  readonly shared: {
    readonly today: () => string;
    conditions: number;
    /** Types of the tables that relations lead through. */
    readonly types: Set<ChangedType>;
  };
}

/** How one field of a filter becomes a condition on its table. */
export type FieldCondition = (value: unknown, place: Place) => Condition;

export const filterLimits = {
  /** Nesting of `and`, `or`, `not` and relations. */
  depth: 5,
  /** Fields in the whole filter. */
  conditions: 50,
  /** Values of one `in`. */
  values: 100,
  /** Characters of one text. */
  textLength: 200,
} as const;

export interface CompiledFilter {
  /** TRUE for a filter that asks for nothing. */
  readonly sql: Sql;
  readonly isEmpty: boolean;
  readonly isIndexed: boolean;
  /** The same for filters that ask the same, on the same day where that matters, with their fields in another order. */
  readonly key: string;
  /** Whether it asks what day it is. */
  readonly isOfToday: boolean;
  /** Of the tables beside the filtered one: any change of such an entity may change what fits. */
  readonly types: ReadonlySet<ChangedType>;
}

/** What asks for nothing, such as a filter whose variables were left out. */
const everything: Condition = { sql: sql`TRUE`, isIndexed: false };

/**
 * The condition over alias `e` of the filtered table.
 * @throws AppError BAD_USER_INPUT that names the field, for what is outside `filterLimits`.
 */
export function compileFilter(
  ctx: RequestContext,
  fields: ReadonlyMap<string, FieldCondition>,
  input: FilterInput | null | undefined,
): CompiledFilter {
  const types = new Set<ChangedType>();
  let day = "";
  const shared = { today: () => (day = today(ctx)), conditions: 0, types };
  const condition = allOf(fields, input ?? {}, { alias: "e", path: "filter", depth: 1, isBranch: false, shared });
  return condition === everything
    ? { ...everything, isEmpty: true, key: "", isOfToday: false, types }
    : { ...condition, isEmpty: false, key: `${canonical(input ?? {})}${day}`, isOfToday: day !== "", types };
}

/** All fields of one filter object. */
function allOf(fields: ReadonlyMap<string, FieldCondition>, input: FilterInput, place: Place): Condition {
  if (place.depth > filterLimits.depth) {
    throw badInput(place.path, `is nested deeper than ${filterLimits.depth} levels.`);
  }
  const given = entriesOf(input);
  place.shared.conditions += given.length;
  if (place.shared.conditions > filterLimits.conditions) {
    throw badInput("filter", `has more than ${filterLimits.conditions} conditions.`);
  }
  return every(
    given.map(([name, value]) => {
      const at = { ...place, path: `${place.path}.${name}` };
      if (name === "and") return every(inner(fields, value, at));
      if (name === "or") return some(inner(fields, value, { ...at, isBranch: true }));
      if (name === "not") return negate(allOf(fields, value as FilterInput, deeper(at)));
      const field = fields.get(name);
      if (!field) throw new Error(`no filter field ${name}`);
      return field(value, at);
    }),
  );
}

function inner(fields: ReadonlyMap<string, FieldCondition>, value: unknown, place: Place): Condition[] {
  const filters = checkLength(value as readonly FilterInput[], place.path);
  return filters.map((filter, index) => allOf(fields, filter, deeper({ ...place, path: `${place.path}.${index}` })));
}

const deeper = (place: Place): Place => ({ ...place, depth: place.depth + 1 });

/** One that an index serves is enough: the others are checked on what it finds. */
function every(all: readonly Condition[]): Condition {
  const conditions = all.filter(condition => condition !== everything);
  if (conditions.length === 0) return everything;
  return { sql: joined(conditions, " AND "), isIndexed: conditions.some(({ isIndexed }) => isIndexed) };
}

function some(conditions: readonly Condition[]): Condition {
  if (conditions.includes(everything)) return everything;
  if (conditions.length === 0) return { sql: sql`FALSE`, isIndexed: true };
  return { sql: joined(conditions, " OR "), isIndexed: conditions.every(({ isIndexed }) => isIndexed) };
}

/** What is unknown, since a column is null, does not hold, and so its negation does. */
function negate(condition: Condition): Condition {
  return { sql: sql`(${condition.sql}) IS NOT TRUE`, isIndexed: false };
}

function joined(conditions: readonly Condition[], separator: string): Sql {
  return sql`(${joinSql(
    conditions.map(condition => condition.sql),
    separator,
  )})`;
}

/** A column and how a value of it is written as a parameter. */
export interface FilterColumn {
  name: string;
  /** SQL type of the parameter, such as `date` or `topic_category`. */
  type: string;
}

const column = (place: Place, name: string): Sql => trustedSql(`${place.alias}."${name}"`);
const parameter = (value: unknown, type: string): Sql => sql`${value}::${trustedSql(type)}`;

/** `eq` and `in`, for a column of text or of an enum. */
export function choiceCondition({ name, type }: FilterColumn): FieldCondition {
  return operators({
    eq: (value, place) => sql`${column(place, name)} = ${parameter(checkText(value as string, place.path), type)}`,
    in: (value, place) => {
      const texts = checkLength(value as string[], place.path).map(text => checkText(text, place.path));
      return sql`${column(place, name)} = ANY (${parameter(texts, "text[]")}::${trustedSql(`${type}[]`)})`;
    },
  });
}

/** What something of any type is known by: the name of its type, and its key there. */
export interface Reference {
  type: string;
  key: string;
}

/** `eq` and `in`, for a reference that is kept in two text columns. `parse` reads one that a client gave. */
export function referenceCondition(
  columns: Reference,
  parse: (value: string, path: string) => Reference,
): FieldCondition {
  const is = (value: string, place: Place): Sql => {
    const { type, key } = parse(value, place.path);
    return sql`(${column(place, columns.type)} = ${type} AND ${column(place, columns.key)} = ${key})`;
  };
  return operators({
    eq: (value, place) => is(value as string, place),
    in: (value, place) => {
      const any = checkLength(value as string[], place.path).map(one => is(one, place));
      return any.length === 0 ? sql`FALSE` : sql`(${joinSql(any, " OR ")})`;
    },
  });
}

/** `eq`, `gt`, `gte`, `lt` and `lte`. */
export function rangeCondition({ name, type }: FilterColumn): FieldCondition {
  const compare =
    (operator: string): Operator =>
    (value, place) =>
      sql`${column(place, name)} ${trustedSql(operator)} ${parameter(value, type)}`;
  return operators({ eq: compare("="), gt: compare(">"), gte: compare(">="), lt: compare("<"), lte: compare("<=") });
}

/** `eq`, `in`, `startsWith` and `contains`; ignores the case of ASCII letters, as orders do. */
export function textCondition(name: string): FieldCondition {
  const lower = (place: Place) => trustedSql(`lower(${place.alias}."${name}" COLLATE "C")`);
  const lowered = (value: unknown, place: Place) => checkText(value as string, place.path).replace(/[A-Z]+/g, toLower);
  return operators({
    eq: (value, place) => sql`${lower(place)} = ${lowered(value, place)}`,
    in: (value, place) =>
      sql`${lower(place)} = ANY (${checkLength(value as string[], place.path).map(text => lowered(text, place))}::text[])`,
    startsWith: (value, place) => sql`${lower(place)} LIKE ${`${escapeLike(lowered(value, place))}%`}`,
    contains: (value, place) => {
      const text = lowered(value, place);
      // Anything shorter has no trigram, and every row would have to be read.
      if (!/[\p{L}\p{N}]{3}/u.test(text)) {
        throw badInput(place.path, "must have at least three letters or digits in a row.");
      }
      return sql`${lower(place)} LIKE ${`%${escapeLike(text)}%`}`;
    },
  });
}

/** `includes` and `includesAny`, for a column that is an array. */
export function listCondition({ name, type }: FilterColumn): FieldCondition {
  const contains: Operator = (value, place) =>
    sql`${column(place, name)} && ${parameter(checkLength(value as unknown[], place.path), "text[]")}::${trustedSql(`${type}[]`)}`;
  return operators({ includes: (value, place) => contains([value], place), includesAny: contains });
}

/** A yes or no that is a condition of its own, made of an indexed column. */
export function flagCondition(whenTrue: (place: Place) => Sql): FieldCondition {
  return (value, place) => {
    const holds = { sql: whenTrue(place), isIndexed: true };
    return value === true ? holds : negate(holds);
  };
}

/** How the rows of a relation are found: `own` column of the filtered table = `their` column of the link or target table. */
export interface RelationPath {
  table: string;
  own: string;
  their: string;
  /** A table between the two, whose column `to` is the target's id. */
  link?: { table: string; to: string };
}

type Fields = () => ReadonlyMap<string, FieldCondition>;

/** For a relation to many: `some` and `none`. */
export function toManyCondition(path: RelationPath, fields: Fields): FieldCondition {
  const related = toOneCondition(path, fields);
  return (value, place) =>
    every(
      entriesOf(value as FilterInput).map(([operator, input]) => {
        const at = { ...place, path: `${place.path}.${operator}` };
        if (operator === "some") return related(input, at);
        const { sql: exists } = related(input, { ...at, isBranch: false });
        return { sql: sql`NOT ${exists}`, isIndexed: false };
      }),
    );
}

/** For a relation to one: the filter itself. */
export function toOneCondition({ table, own, their, link }: RelationPath, fields: Fields): FieldCondition {
  const types = [table, ...(link ? [link.table] : [])].flatMap(name => {
    const known = typesOf(name);
    if (!known) throw new Error(`a filter leads through ${name}, which is not public content`);
    return known;
  });
  return (value, place) => {
    for (const type of types) place.shared.types.add(type);
    const alias = `t${place.depth}`;
    const inside = allOf(fields(), value as FilterInput, { ...deeper(place), alias, isBranch: false });
    const near = link ? `l${place.depth}` : alias;
    const from = link
      ? trustedSql(`"${link.table}" ${near} JOIN "${table}" ${alias} ON ${alias}."id" = ${near}."${link.to}"`)
      : trustedSql(`"${table}" ${alias}`);
    const [mine, theirs] = [trustedSql(`${place.alias}."${own}"`), trustedSql(`${near}."${their}"`)];
    return {
      // Inside `or` the keys are gathered first, so that each branch is found by an index; elsewhere the planner chooses where to start.
      sql: place.isBranch
        ? sql`${mine} = ANY (ARRAY(SELECT ${theirs} FROM ${from} WHERE ${inside.sql}))`
        : sql`EXISTS (SELECT 1 FROM ${from} WHERE ${theirs} = ${mine} AND ${inside.sql})`,
      isIndexed: inside.isIndexed,
    };
  };
}

type Operator = (value: unknown, place: Place) => Sql;

function operators(known: Readonly<Record<string, Operator>>): FieldCondition {
  return (value, place) =>
    every(
      entriesOf(value as FilterInput).map(([name, operand]) => {
        const operator = known[name];
        if (!operator) throw new Error(`no operator ${name}`);
        return { sql: operator(operand, { ...place, path: `${place.path}.${name}` }), isIndexed: true };
      }),
    );
}

/** What was given: null asks for nothing, so that a client can leave a variable out. */
function entriesOf(input: FilterInput): [string, unknown][] {
  return Object.entries(input).filter(([, value]) => value !== null && value !== undefined);
}

function checkLength<T>(values: readonly T[], path: string): readonly T[] {
  if (values.length > filterLimits.values) throw badInput(path, `must have at most ${filterLimits.values} items.`);
  return values;
}

function checkText(text: string, path: string): string {
  if (text.length > filterLimits.textLength) {
    throw badInput(path, `must be at most ${filterLimits.textLength} characters long.`);
  }
  return text;
}

const toLower = (letters: string): string => letters.toLowerCase();
const escapeLike = (text: string): string => text.replace(/[\\%_]/g, "\\$&");

/** JSON with sorted keys and without what asks for nothing. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const parts = entriesOf(value as FilterInput)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`);
  return `{${parts.join()}}`;
}
