// SQL as values: parameterised templates, and identifiers that come from our own definitions only.
import { Prisma } from "../generated/prisma/client";

export type Sql = Prisma.Sql;
export const sql = Prisma.sql;
export const emptySql = Prisma.empty;

/** Joins fragments, by ", " unless told. Needs at least one. */
export const joinSql = (parts: readonly Sql[], separator = ", "): Sql => Prisma.join([...parts], separator);

/**
 * SQL text that is written in the source: an identifier or an expression over columns, never anything of a client.
 * The pattern admits what such definitions need and no quote, comment or semicolon that could end a statement.
 */
export function trustedSql(text: string): Sql {
  if (!/^[\w\s."(),:[\]=<>+*-]+$/.test(text) || text.includes("--")) throw new Error(`not plain SQL text: ${text}`);
  return Prisma.raw(text);
}

/** SQL text that the database gave itself: the definition of one of our views. */
export function viewDefinition(text: string): Sql {
  return Prisma.raw(text.trim().replace(/;$/, ""));
}

/** The statement with further tables in its WITH clause: there, a table of the same name as one of the database stands in its place. */
export function withTables(tables: Sql, statement: Sql): Sql {
  const [first = "", ...rest] = statement.strings;
  if (/^\s*WITH\s+RECURSIVE\b/i.test(first)) throw new Error("a recursive statement would read its own tables");
  const [, own] = /^\s*WITH\b([^]*)$/i.exec(first) ?? [];
  return own === undefined
    ? sql`WITH ${tables} ${statement}`
    : sql`WITH ${tables}, ${new Prisma.Sql([own, ...rest], statement.values)}`;
}

/** `updatedOn` → `updated_on`: how every column is named in prisma/schema.prisma. */
export function columnName(field: string): string {
  return field.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}
