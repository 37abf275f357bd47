// Columns and how each type travels: rows hold what GraphQL prints (text, integers, booleans, lists of text), so that both drivers
// and the serialiser have nothing left to convert, and cursors keep full precision.
import { columnName, emptySql, joinSql, sql, trustedSql, type Sql } from "../db/sql";

export type ColumnType =
  "integer" | "bigint" | "text" | "boolean" | "uuid" | "enum" | "enums" | "texts" | "date" | "instant" | "decimal";

/** For graphql/, which stands on this layer and not on db/. */
export { isCalendarDay, isStorableText } from "../db/stored-values";

/** The columns of a row type, by field name. The column's name is the snake case of the field's. */
export type Columns<Row> = Readonly<{ [Field in keyof Row & string]: ColumnType }>;

/** `alias."column"` as its row value. */
export function readColumn(alias: string, field: string, type: ColumnType): Sql {
  return readValue(`${alias}."${columnName(field)}"`, type);
}

/** An SQL expression as its row value: a date as YYYY-MM-DD, an instant in UTC with milliseconds, a decimal without trailing zeros. */
export function readValue(expression: string, type: ColumnType): Sql {
  const value = trustedSql(expression);
  switch (type) {
    case "integer":
    case "text":
    case "boolean":
    case "texts":
      return value;
    case "bigint":
    case "uuid":
    case "enum":
      return sql`${value}::text`;
    case "enums":
      return sql`${value}::text[]`;
    case "date":
      return sql`to_char(${value}, 'YYYY-MM-DD')`;
    case "instant":
      return sql`to_char(${value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
    case "decimal":
      return sql`trim_scale(${value})::text`;
  }
}

/** `expression AS "field"` for each field, comma-separated; empty for none. */
export function selectList(
  alias: string,
  columns: Readonly<Record<string, ColumnType>>,
  fields: Iterable<string>,
): Sql {
  const parts = [...fields].map(field => {
    const type = columns[field];
    if (!type) throw new Error(`no column ${field}`);
    return sql`${readColumn(alias, field, type)} AS ${trustedSql(`"${field}"`)}`;
  });
  return parts.length > 0 ? joinSql(parts) : emptySql;
}

/** The cast that a parameter of this type needs. */
export function parameterCast(type: ColumnType): Sql {
  const casts: Partial<Record<ColumnType, string>> = {
    integer: "integer",
    bigint: "bigint",
    uuid: "uuid",
    date: "date",
    instant: "timestamptz",
    decimal: "numeric",
    boolean: "boolean",
  };
  return trustedSql(casts[type] ?? "text");
}
